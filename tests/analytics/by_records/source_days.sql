-- Purpose: one source day by day.
-- Grain: one row per day with records of the source in the window, oldest first.
-- Parameters: $since, $until (DATE, included), $domain (policy domain, NULL: all), $source_ip (as sources.sql names it).
-- Columns: day (DATE); messages ... dkim_pass (BIGINT, messages).
SELECT r.day,
       {{counts}}
FROM v_record r
WHERE r.day BETWEEN $since AND $until
  AND ($domain::VARCHAR IS NULL OR r.policy_domain = $domain::VARCHAR)
  AND r.source_ip IS NOT DISTINCT FROM nullif($source_ip::VARCHAR, '(no valid address)')
GROUP BY r.day
ORDER BY r.day
