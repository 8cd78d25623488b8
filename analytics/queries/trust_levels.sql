-- Purpose: how far the reports behind a number are to be believed.
-- Grain: one row per trust level that accepted reports of the window have; NULL: not judged.
-- Parameters: $since, $until (DATE, both included), $domain (policy domain, NULL: all).
-- Columns: trust (TINYINT); reports, messages (BIGINT).
SELECT trust, count(*) AS reports, sum(messages)::BIGINT AS messages
FROM v_report
WHERE fate = 'accepted' AND day BETWEEN $since AND $until
  AND ($domain::VARCHAR IS NULL OR policy_domain = $domain::VARCHAR)
GROUP BY trust
ORDER BY trust
