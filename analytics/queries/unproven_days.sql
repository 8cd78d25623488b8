-- Purpose: failing mail from services that never passed for the domain: where a burst of forgeries shows.
-- Grain: one row per policy_domain and day of the two windows.
-- Parameters: $since, $until, $previous_since (DATE, included), $domain (policy domain, NULL: all).
-- Columns: policy_domain (VARCHAR); day (DATE); messages (BIGINT, failing messages).
WITH seen AS (
    SELECT s.service_no, t.sender_no, bool_or(t.cause IS NULL) AS passed
    FROM sum_seen t
    JOIN ({{services}}) s USING (address_no)
    WHERE t.first_day <= $until
    GROUP BY s.service_no, t.sender_no
),
unproven AS (
    SELECT d.policy_domain, x.service_no
    FROM seen x
    JOIN ({{senders}}) d USING (sender_no)
    GROUP BY d.policy_domain, x.service_no
    HAVING NOT bool_or(x.passed)
),
pairs AS (
    SELECT d.sender_no, d.policy_domain, u.service_no
    FROM unproven u
    JOIN ({{senders}}) d USING (policy_domain)
),
daily AS (
    SELECT s.service_no, t.sender_no, t.day, sum(t.messages) AS messages
    FROM sum_source t
    JOIN (FROM sum_outcome WHERE cause IS NOT NULL) o USING (outcome_no)
    JOIN ({{senders}}) d USING (sender_no)
    JOIN ({{services}}) s USING (address_no)
    WHERE t.day BETWEEN $previous_since AND $until
    GROUP BY s.service_no, t.sender_no, t.day
)
SELECT p.policy_domain, r.day, sum(r.messages)::BIGINT AS messages
FROM daily r
JOIN pairs p USING (service_no, sender_no)
GROUP BY p.policy_domain, r.day
ORDER BY p.policy_domain, r.day
