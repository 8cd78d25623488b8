-- Purpose: how much rests on reports that share their period, or a part of it, with another report of the same reporter.
-- Grain: one row. Only accepted reports.
-- Parameters: $domain (policy domain, NULL: all).
-- Columns: parallel, overlap (BIGINT, reports); messages, all_messages (BIGINT, of them and of all accepted reports).
WITH accepted AS (
    SELECT * FROM v_report
    WHERE fate = 'accepted' AND ($domain::VARCHAR IS NULL OR policy_domain = $domain::VARCHAR)
)
SELECT coalesce(sum(reports) FILTER (meets = 'parallel'), 0)::BIGINT AS parallel,
       coalesce(sum(reports) FILTER (meets = 'overlap'), 0)::BIGINT AS overlap,
       coalesce(sum(messages), 0)::BIGINT AS messages,
       (SELECT coalesce(sum(messages), 0)::BIGINT FROM accepted) AS all_messages
FROM ({{meeting}})
