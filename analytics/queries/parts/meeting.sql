-- The periods of accepted reports that meet another report of the same reporter about the same domain: parallel when another has the same
-- (several systems, or two policies in one day), overlap when only a part is shared. Both are counted. As v_meeting tells pairs, this tells
-- periods, by one pass over them in their order. Reads: accepted, rows of v_report that the query around it names.
SELECT reporter, policy_domain, begin_utc, end_utc, reports, messages, if(reports > 1, 'parallel', 'overlap') AS meets
FROM (
    SELECT *, max(end_utc) OVER (in_order ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS end_before,
           lead(begin_utc) OVER in_order AS begin_after
    FROM (
        SELECT reporter, policy_domain, begin_utc, end_utc, count(*) AS reports, sum(messages) AS messages
        FROM accepted
        GROUP BY reporter, policy_domain, begin_utc, end_utc
    )
    WINDOW in_order AS (PARTITION BY reporter, policy_domain ORDER BY begin_utc, end_utc)
)
WHERE reports > 1 OR end_before > begin_utc OR begin_after < end_utc
