-- Purpose: which mail fails DMARC, and why, with the evidence that most of it shows.
-- Grain: one row per service, header_from and cause with failing messages in the window; most failing first.
-- Parameters: $since, $until (DATE, included), $domain (policy domain, NULL: all), $limit (rows).
-- Columns: service, service_kind, header_from, cause (VARCHAR); failing, messages, total_failing, quarantined, rejected
--   (BIGINT, messages; `messages` of that service and header_from, `total_failing` of all rows, also those past $limit);
--   sources (BIGINT, addresses); dkim_domain, dkim_selector, dkim_result, spf_domain, spf_result (VARCHAR, the
--   combination with most failing messages of the row); first_seen, last_seen (DATE, of this failure over all data).
--
-- What the cause is, and which signature and SPF check show it, is told per record by the view `record_outcome` of the store.
WITH grouped AS (
    SELECT x.service_no, d.header_from, x.cause, sum(x.failing)::BIGINT AS failing,
           sum(x.quarantined)::BIGINT AS quarantined, sum(x.rejected)::BIGINT AS rejected
    FROM (
        SELECT s.service_no, r.sender_no, r.cause, sum(r.messages) AS failing,
               {{treated}}
        FROM ({{sums}}) r
        JOIN ({{services}}) s USING (address_no)
        WHERE r.day BETWEEN $since AND $until AND r.cause IS NOT NULL
        GROUP BY s.service_no, r.sender_no, r.cause
    ) x
    JOIN ({{senders}}) d USING (sender_no)
    GROUP BY x.service_no, d.header_from, x.cause
),
biggest AS (
    SELECT g.*, l.service, sum(g.failing) OVER ()::BIGINT AS total_failing
    FROM grouped g
    JOIN sum_label l ON l.label_no = g.service_no
    ORDER BY g.failing DESC, l.service, g.header_from, g.cause
    LIMIT $limit
),
kinds AS (  -- of the biggest only: every sender and cause of them
    SELECT b.service_no, b.header_from, b.cause, d.sender_no
    FROM biggest b
    JOIN ({{senders}}) d USING (header_from)
),
failed AS (
    SELECT s.service_no, k.header_from, r.address_no, r.messages, r.cause,
           r.dkim_domain, r.dkim_selector, r.dkim_result, r.spf_domain, r.spf_result
    FROM ({{sums}}) r
    JOIN ({{services}}) s USING (address_no)
    JOIN kinds k ON k.service_no = s.service_no AND k.sender_no = r.sender_no AND k.cause = r.cause
    WHERE r.day BETWEEN $since AND $until
),
addresses AS (
    SELECT service_no, header_from, cause, count(*) AS sources
    FROM (SELECT DISTINCT service_no, header_from, cause, address_no FROM failed)
    GROUP BY service_no, header_from, cause
),
combined AS (
    SELECT service_no, header_from, cause, dkim_domain, dkim_selector, dkim_result, spf_domain, spf_result, sum(messages) AS volume
    FROM failed
    GROUP BY ALL
),
evidence AS (
    SELECT c.*, row_number() OVER (
               PARTITION BY service_no, header_from, cause
               ORDER BY volume DESC, dkim_domain, dkim_selector, dkim_result, spf_domain, spf_result) AS place
    FROM combined c
),
volume AS (
    SELECT s.service_no, k.header_from, sum(t.messages)::BIGINT AS messages
    FROM sum_source t
    JOIN ({{services}}) s USING (address_no)
    JOIN (SELECT DISTINCT service_no, header_from, sender_no FROM kinds) k ON k.service_no = s.service_no AND k.sender_no = t.sender_no
    WHERE t.day BETWEEN $since AND $until
    GROUP BY s.service_no, k.header_from
),
history AS (
    SELECT k.service_no, k.header_from, k.cause, max(l.service_kind) AS service_kind, min(t.first_day) AS first_seen, max(t.last_day) AS last_seen
    FROM sum_seen t
    JOIN ({{services}}) s USING (address_no)
    JOIN kinds k ON k.service_no = s.service_no AND k.sender_no = t.sender_no AND k.cause = t.cause
    JOIN sum_label l USING (label_no)
    GROUP BY k.service_no, k.header_from, k.cause
)
SELECT b.* EXCLUDE (service_no), a.sources, h.service_kind, h.first_seen, h.last_seen, v.messages,
       e.dkim_domain, e.dkim_selector, e.dkim_result, e.spf_domain, e.spf_result
FROM biggest b
JOIN addresses a USING (service_no, header_from, cause)
JOIN volume v USING (service_no, header_from)
JOIN history h USING (service_no, header_from, cause)
JOIN evidence e ON e.service_no = b.service_no AND e.header_from = b.header_from AND e.cause = b.cause AND e.place = 1
ORDER BY b.failing DESC, b.service, b.header_from, b.cause
