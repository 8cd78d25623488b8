-- Purpose: how many reports the numbers of a window rest on.
-- Grain: one row. Only accepted reports, also those without records.
-- Parameters: $since, $until (DATE, included), $domain (policy domain, NULL: all).
-- Columns: reports, reporters (BIGINT).
SELECT count(*) AS reports, count(DISTINCT reporter) AS reporters
FROM v_report
WHERE fate = 'accepted' AND day BETWEEN $since AND $until
  AND ($domain::VARCHAR IS NULL OR policy_domain = $domain::VARCHAR)
