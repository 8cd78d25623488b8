-- Purpose: who sends as us in the window, what passed, and how it was in the window before.
-- Grain: one row per service with records in the window, most messages first.
-- Parameters: $since, $until, $previous_since, $previous_until (DATE, included), $domain (policy domain, NULL: all).
-- Columns: service, service_kind (VARCHAR); sources, header_from_total (BIGINT, how many different ones);
--   header_froms (VARCHAR[], at most 20, most messages first); messages ... dkim_pass (BIGINT, messages);
--   quarantined, rejected (BIGINT, messages that failed DMARC and were treated so); previous_messages,
--   previous_dmarc_pass (BIGINT, messages); first_seen, last_seen (DATE, over all data of the domain filter).
WITH alike AS MATERIALIZED ({{alike}}),  -- materialized, it is joined first, as the small table that it is
counted AS (
    SELECT r.service_no,
           {{treated}},
           {{counts}}
    FROM (
        SELECT x.service_no, x.messages, o.*
        FROM (
            SELECT s.service_no, k.alike_no, sum(t.messages) AS messages
            FROM sum_source t
            JOIN alike k USING (outcome_no)
            JOIN ({{senders}}) d USING (sender_no)
            JOIN ({{services}}) s USING (address_no)
            WHERE t.day BETWEEN $since AND $until
            GROUP BY s.service_no, k.alike_no
        ) x
        JOIN sum_outcome o ON o.outcome_no = x.alike_no
    ) r
    GROUP BY r.service_no
),
names AS (
    SELECT x.service_no, d.header_from,
           row_number() OVER (PARTITION BY x.service_no ORDER BY sum(x.messages) DESC, d.header_from) AS place
    FROM (
        SELECT s.service_no, t.sender_no, sum(t.messages) AS messages
        FROM sum_source t
        JOIN ({{services}}) s USING (address_no)
        WHERE t.day BETWEEN $since AND $until
        GROUP BY s.service_no, t.sender_no
    ) x
    JOIN ({{senders}}) d USING (sender_no)
    GROUP BY x.service_no, d.header_from
),
froms AS (
    SELECT service_no, list(header_from ORDER BY place) FILTER (WHERE place <= 20) AS header_froms,
           count(*) AS header_from_total
    FROM names
    GROUP BY service_no
),
addresses AS (
    SELECT s.service_no, count(*) AS sources, max(l.service_kind) AS service_kind
    FROM (
        SELECT DISTINCT t.address_no
        FROM sum_source t
        JOIN ({{senders}}) d USING (sender_no)
        WHERE t.day BETWEEN $since AND $until
    ) present
    JOIN ({{services}}) s USING (address_no)
    JOIN sum_label l USING (label_no)
    GROUP BY s.service_no
),
before AS (
    SELECT s.service_no, sum(r.messages)::BIGINT AS previous_messages,
           coalesce(sum(r.messages) FILTER (WHERE r.cause IS NULL), 0)::BIGINT AS previous_dmarc_pass
    FROM ({{sums}}) r
    JOIN ({{services}}) s USING (address_no)
    WHERE r.day BETWEEN $previous_since AND $previous_until
    GROUP BY s.service_no
),
history AS (
    SELECT s.service_no, min(t.first_day) AS first_seen, max(t.last_day) AS last_seen
    FROM sum_seen t
    JOIN ({{senders}}) d USING (sender_no)
    JOIN ({{services}}) s USING (address_no)
    GROUP BY s.service_no
)
SELECT l.service, c.* EXCLUDE (service_no), a.service_kind, a.sources, f.header_froms, f.header_from_total, h.first_seen, h.last_seen,
       coalesce(b.previous_messages, 0) AS previous_messages, coalesce(b.previous_dmarc_pass, 0) AS previous_dmarc_pass
FROM counted c
JOIN (SELECT label_no AS service_no, service FROM sum_label) l USING (service_no)
JOIN addresses a USING (service_no)
JOIN froms f USING (service_no)
JOIN history h USING (service_no)
LEFT JOIN before b USING (service_no)
ORDER BY c.messages DESC, l.service
