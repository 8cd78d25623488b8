-- Purpose: each service in the window and in the window before: who is new, gone, better or worse.
-- Grain: one row per service with records in either window.
-- Parameters: $since, $until, $previous_since, $previous_until (DATE, included), $domain (policy domain, NULL: all).
-- Columns: service (VARCHAR); named (BOOLEAN, a known service and not only a network); domain (VARCHAR, the policy
--   domain if there is only one); first_seen (DATE, over all data of the domain filter); messages, dmarc_pass,
--   previous_messages, previous_dmarc_pass (BIGINT, messages); previous_days (BIGINT, days with records).
WITH days AS (
    SELECT s.service_no, r.day, r.day BETWEEN $since AND $until AS inside, r.day BETWEEN $previous_since AND $previous_until AS inside_before,
           sum(r.messages) AS messages, sum(r.messages) FILTER (WHERE r.cause IS NULL) AS dmarc_pass
    FROM ({{sums}}) r
    JOIN ({{services}}) s USING (address_no)
    WHERE r.day BETWEEN $previous_since AND $previous_until OR r.day BETWEEN $since AND $until
    GROUP BY s.service_no, r.day
),
counted AS (
    SELECT service_no,
           coalesce(sum(messages) FILTER (WHERE inside), 0)::BIGINT AS messages,
           coalesce(sum(dmarc_pass) FILTER (WHERE inside), 0)::BIGINT AS dmarc_pass,
           coalesce(sum(messages) FILTER (WHERE inside_before), 0)::BIGINT AS previous_messages,
           coalesce(sum(dmarc_pass) FILTER (WHERE inside_before), 0)::BIGINT AS previous_dmarc_pass,
           count(*) FILTER (WHERE inside_before) AS previous_days
    FROM days
    GROUP BY service_no
),
domains AS (
    SELECT p.service_no, if(count(DISTINCT d.policy_domain) = 1, min(d.policy_domain), NULL) AS domain
    FROM (
        SELECT DISTINCT s.service_no, t.sender_no
        FROM sum_source t
        JOIN ({{services}}) s USING (address_no)
        WHERE t.day BETWEEN $previous_since AND $previous_until OR t.day BETWEEN $since AND $until
    ) p
    JOIN ({{senders}}) d USING (sender_no)
    GROUP BY p.service_no
),
history AS (
    SELECT x.service_no, bool_or(l.named) AS named, min(x.first_day) AS first_seen
    FROM (
        SELECT s.service_no, s.label_no, min(t.first_day) AS first_day
        FROM sum_seen t
        JOIN ({{senders}}) d USING (sender_no)
        JOIN ({{services}}) s USING (address_no)
        GROUP BY s.service_no, s.label_no
    ) x
    JOIN sum_label l USING (label_no)
    GROUP BY x.service_no
)
SELECT l.service, h.named, d.domain, h.first_seen, c.* EXCLUDE (service_no)
FROM counted c
JOIN sum_label l ON l.label_no = c.service_no
JOIN domains d USING (service_no)
JOIN history h USING (service_no)
ORDER BY l.service
