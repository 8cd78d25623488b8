-- Purpose: how much rests on reports that share their period, or a part of it, with another report of the same reporter.
-- Grain: one row. Only accepted reports.
-- Parameters: $domain (policy domain, NULL: all).
-- Columns: parallel, overlap (BIGINT, reports); messages, all_messages (BIGINT, of them and of all accepted reports).
WITH meeting AS ({{meeting}})
SELECT count(*) FILTER (m.meets = 'parallel') AS parallel, count(*) FILTER (m.meets = 'overlap') AS overlap,
       coalesce(sum(r.messages) FILTER (m.meets IS NOT NULL), 0)::BIGINT AS messages, coalesce(sum(r.messages), 0)::BIGINT AS all_messages
FROM v_report r
LEFT JOIN meeting m USING (report_no)
WHERE r.fate = 'accepted' AND ($domain::VARCHAR IS NULL OR r.policy_domain = $domain::VARCHAR)
