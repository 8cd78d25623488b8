-- Purpose: failing mail from services that never passed for the domain: where a burst of forgeries shows.
-- Grain: one row per policy_domain and day of the two windows.
-- Parameters: $since, $until, $previous_since (DATE, included), $domain (policy domain, NULL: all).
-- Columns: policy_domain (VARCHAR); day (DATE); messages (BIGINT, failing messages).
WITH unproven AS (
    SELECT s.service_no, d.domain_no
    FROM sum_seen t
    JOIN ({{senders}}) d USING (sender_no)
    JOIN ({{services}}) s USING (address_no)
    WHERE t.first_day <= $until
    GROUP BY s.service_no, d.domain_no
    HAVING NOT bool_or(t.cause IS NULL)
)
SELECT d.policy_domain, x.day, x.messages
FROM (
    SELECT r.domain_no, r.day, sum(r.messages)::BIGINT AS messages
    FROM ({{sums}}) r
    JOIN ({{services}}) s USING (address_no)
    SEMI JOIN unproven u ON u.service_no = s.service_no AND u.domain_no = r.domain_no
    WHERE r.day BETWEEN $previous_since AND $until
    GROUP BY r.domain_no, r.day
) x
JOIN sum_sender d ON d.sender_no = x.domain_no
ORDER BY d.policy_domain, x.day
