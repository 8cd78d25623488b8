-- Purpose: which mail fails DMARC, and why, with the evidence that most of it shows.
-- Grain: one row per service, header_from and cause with failing messages in the window; most failing first.
-- Parameters: $since, $until (DATE, included), $domain (policy domain, NULL: all), $limit (rows).
-- Columns: service, service_kind, header_from, cause (VARCHAR); failing, messages, total_failing, quarantined, rejected
--   (BIGINT, messages; `messages` of that service and header_from, `total_failing` of all rows, also those past $limit);
--   sources (BIGINT, addresses); dkim_domain, dkim_selector, dkim_result, spf_domain, spf_result (VARCHAR, the
--   combination with most failing messages of the row); first_seen, last_seen (DATE, of this failure over all data).
--
-- What the cause is, and which signature and SPF check show it, is told per record by the view `record_outcome` of the store.
WITH windowed AS (
    SELECT t.sender_no, t.address_no, t.outcome_no, sum(t.messages) AS messages
    FROM sum_source t
    SEMI JOIN ({{senders}}) d USING (sender_no)
    WHERE t.day BETWEEN $since AND $until
    GROUP BY t.sender_no, t.address_no, t.outcome_no
),
failed AS (
    SELECT s.service_no, d.header_from, w.address_no, w.messages, o.*
    FROM windowed w
    JOIN sum_outcome o USING (outcome_no)
    JOIN ({{senders}}) d USING (sender_no)
    JOIN ({{services}}) s USING (address_no)
    WHERE o.cause IS NOT NULL
),
grouped AS (
    SELECT r.service_no, r.header_from, r.cause, sum(r.messages)::BIGINT AS failing, count(DISTINCT r.address_no) AS sources,
           {{treated}}
    FROM failed r
    GROUP BY r.service_no, r.header_from, r.cause
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
    SELECT s.service_no, d.header_from, sum(w.messages)::BIGINT AS messages
    FROM windowed w
    JOIN ({{senders}}) d USING (sender_no)
    JOIN ({{services}}) s USING (address_no)
    GROUP BY s.service_no, d.header_from
),
history AS (
    SELECT x.service_no, d.header_from, x.cause, max(l.service_kind) AS service_kind, min(x.first_day) AS first_seen, max(x.last_day) AS last_seen
    FROM (
        SELECT s.service_no, s.label_no, t.sender_no, t.cause, min(t.first_day) AS first_day, max(t.last_day) AS last_day
        FROM sum_seen t
        JOIN ({{services}}) s USING (address_no)
        WHERE t.cause IS NOT NULL
        GROUP BY s.service_no, s.label_no, t.sender_no, t.cause
    ) x
    JOIN ({{senders}}) d USING (sender_no)
    JOIN sum_label l USING (label_no)
    GROUP BY x.service_no, d.header_from, x.cause
)
SELECT l.service, g.* EXCLUDE (service_no), h.service_kind, h.first_seen, h.last_seen, v.messages,
       sum(g.failing) OVER ()::BIGINT AS total_failing,
       e.dkim_domain, e.dkim_selector, e.dkim_result, e.spf_domain, e.spf_result
FROM grouped g
JOIN sum_label l ON l.label_no = g.service_no
JOIN volume v USING (service_no, header_from)
JOIN history h USING (service_no, header_from, cause)
JOIN evidence e ON e.service_no = g.service_no AND e.header_from = g.header_from AND e.cause = g.cause AND e.place = 1
ORDER BY g.failing DESC, l.service, g.header_from, g.cause
LIMIT $limit
