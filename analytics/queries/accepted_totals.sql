-- Purpose: how much counts.
-- Grain: one row. Only accepted reports.
-- Parameters: none.
-- Columns: reports, records, messages (BIGINT); first_day, last_day (DATE).
SELECT count(*) AS reports, coalesce(sum(records), 0)::BIGINT AS records, coalesce(sum(messages), 0)::BIGINT AS messages,
       min(day) AS first_day, max(day) AS last_day
FROM v_report
WHERE fate = 'accepted'
