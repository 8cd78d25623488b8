-- Purpose: messages and what passed, per policy_domain.
-- Grain: one row per policy_domain that has records in the window.
-- Parameters: $since, $until (DATE, both included), $domain (policy domain, NULL: all).
-- Columns: policy_domain; messages, dmarc_pass, spf_aligned, dkim_aligned, spf_pass, dkim_pass (BIGINT, messages).
SELECT r.policy_domain,
       {{counts}}
FROM v_record r
WHERE r.day BETWEEN $since AND $until
  AND ($domain::VARCHAR IS NULL OR r.policy_domain = $domain::VARCHAR)
GROUP BY r.policy_domain
ORDER BY r.policy_domain
