-- Purpose: which policy reporters saw, to find the day it changed.
-- Grain: one row per policy_domain, day of the two windows, and p.
-- Parameters: $until, $previous_since (DATE, included), $domain (policy domain, NULL: all).
-- Columns: policy_domain (VARCHAR); day (DATE); p (VARCHAR, lower case); messages (BIGINT, messages of the reports that
--   saw it); reports (BIGINT).
SELECT policy_domain, day, lower(p) AS p, sum(messages)::BIGINT AS messages, count(*) AS reports
FROM v_report
WHERE fate = 'accepted' AND p IS NOT NULL AND day BETWEEN $previous_since AND $until
  AND ($domain::VARCHAR IS NULL OR policy_domain = $domain::VARCHAR)
GROUP BY policy_domain, day, lower(p)
ORDER BY policy_domain, day, lower(p)
