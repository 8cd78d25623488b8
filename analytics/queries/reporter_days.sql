-- Purpose: on which days who reported on which domain.
-- Grain: one row per reporter, policy_domain, day; only accepted reports.
-- Parameters: $since, $until (DATE, included), $domain (NULL: all).
-- Columns: reporter, policy_domain (VARCHAR); day (DATE); messages (BIGINT); lag_s (DOUBLE, from the end of the period to the mail).
SELECT reporter, policy_domain, day, sum(messages)::BIGINT AS messages,
       max(epoch(received_utc) - epoch(end_utc)) AS lag_s
FROM v_report
WHERE fate = 'accepted' AND day BETWEEN $since AND $until AND ($domain::VARCHAR IS NULL OR policy_domain = $domain::VARCHAR)
GROUP BY reporter, policy_domain, day
ORDER BY reporter, policy_domain, day
