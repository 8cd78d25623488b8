-- Accepted reports of one reporter about one domain whose period meets that of another: parallel when it is the same (several systems, or two policies in
-- one day), overlap when only a part of it is. Both are counted. As v_meeting tells pairs, this tells reports, by one pass over the sorted periods.
SELECT report_no, if(alike > 1, 'parallel', 'overlap') AS meets
FROM (
    SELECT report_no, begin_utc, end_utc,
           count(*) OVER (PARTITION BY reporter, policy_domain, begin_utc, end_utc) AS alike,
           max(end_utc) OVER (PARTITION BY reporter, policy_domain ORDER BY begin_utc, end_utc, report_no
                              ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS end_before,
           min(begin_utc) OVER (PARTITION BY reporter, policy_domain ORDER BY begin_utc, end_utc, report_no
                                ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS begin_after
    FROM v_report
    WHERE fate = 'accepted'
)
WHERE alike > 1 OR end_before > begin_utc OR begin_after < end_utc
