-- Purpose: messages and what passed, per day.
-- Grain: one row per day that has records in the window.
-- Parameters: $since, $until (DATE, both included), $domain (policy domain, NULL: all).
-- Columns: day; messages, dmarc_pass, spf_aligned, dkim_aligned, spf_pass, dkim_pass (BIGINT, messages).
SELECT r.day,
       {{counts}}
FROM v_sum_reporter r
WHERE r.day BETWEEN $since AND $until
  AND ($domain::VARCHAR IS NULL OR r.policy_domain = $domain::VARCHAR)
GROUP BY r.day
ORDER BY r.day
