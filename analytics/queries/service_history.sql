-- Purpose: each service in the window and in the window before: who is new, gone, better or worse.
-- Grain: one row per service with records in either window.
-- Parameters: $since, $until, $previous_since, $previous_until (DATE, included), $domain (policy domain, NULL: all).
-- Columns: service (VARCHAR); named (BOOLEAN, a known service and not only a network); domain (VARCHAR, the policy
--   domain if there is only one); first_seen (DATE, over all data of the domain filter); messages, dmarc_pass,
--   previous_messages, previous_dmarc_pass (BIGINT, messages); previous_days (BIGINT, days with records).
WITH counted AS (
    SELECT service_no, min(domain_no) AS domain_no, max(domain_no) AS other_domain_no,
           coalesce(sum(messages) FILTER (inside), 0)::BIGINT AS messages,
           coalesce(sum(messages) FILTER (inside AND cause IS NULL), 0)::BIGINT AS dmarc_pass,
           coalesce(sum(messages) FILTER (inside_before), 0)::BIGINT AS previous_messages,
           coalesce(sum(messages) FILTER (inside_before AND cause IS NULL), 0)::BIGINT AS previous_dmarc_pass
    FROM (
        SELECT s.service_no, r.domain_no, r.messages, r.cause,
               r.day BETWEEN $since AND $until AS inside, r.day BETWEEN $previous_since AND $previous_until AS inside_before
        FROM ({{sums}}) r
        JOIN ({{services}}) s USING (address_no)
        WHERE r.day BETWEEN $previous_since AND $previous_until OR r.day BETWEEN $since AND $until
    )
    GROUP BY service_no
),
days AS (  -- from the sums again: to keep what was read for the counts costs more
    SELECT service_no, count(*) AS previous_days
    FROM (
        SELECT DISTINCT s.service_no, r.day
        FROM ({{sums}}) r
        JOIN ({{services}}) s USING (address_no)
        WHERE r.day BETWEEN $previous_since AND $previous_until
    )
    GROUP BY service_no
),
history AS (
    SELECT s.service_no, bool_or(s.named) AS named, min(t.first_day) AS first_seen
    FROM sum_seen t
    JOIN ({{senders}}) d USING (sender_no)
    JOIN ({{services}}) s USING (address_no)
    GROUP BY s.service_no
)
SELECT l.service, h.named, d.policy_domain AS domain, h.first_seen, c.messages, c.dmarc_pass, c.previous_messages, c.previous_dmarc_pass,
       coalesce(y.previous_days, 0) AS previous_days
FROM counted c
JOIN (SELECT label_no AS service_no, service FROM sum_label) l USING (service_no)
JOIN history h USING (service_no)
LEFT JOIN days y USING (service_no)
LEFT JOIN sum_sender d ON d.sender_no = c.domain_no AND c.domain_no = c.other_domain_no
ORDER BY l.service
