-- Purpose: who sends as us in the window, what passed, and how it was in the window before.
-- Grain: one row per service with records in the window, most messages first.
-- Parameters: $since, $until, $previous_since, $previous_until (DATE, included), $domain (policy domain, NULL: all).
-- Columns: service, service_kind (VARCHAR); sources, header_from_total (BIGINT, how many different ones);
--   header_froms (VARCHAR[], at most 20, most messages first); messages ... dkim_pass (BIGINT, messages);
--   quarantined, rejected (BIGINT, messages that failed DMARC and were treated so); previous_messages,
--   previous_dmarc_pass (BIGINT, messages); first_seen, last_seen (DATE, over all data of the domain filter).
WITH labelled AS ({{labelled}}),
windowed AS (
    SELECT r.service, max(r.service_kind) AS service_kind, count(DISTINCT r.source_ip) AS sources,
           {{treated}},
           {{counts}}
    FROM labelled r
    WHERE r.day BETWEEN $since AND $until
    GROUP BY r.service
),
names AS (
    SELECT r.service, r.header_from, sum(r.messages) AS volume,
           row_number() OVER (PARTITION BY r.service ORDER BY sum(r.messages) DESC, r.header_from) AS place
    FROM labelled r
    WHERE r.day BETWEEN $since AND $until
    GROUP BY r.service, r.header_from
),
froms AS (
    SELECT service, list(header_from ORDER BY place) FILTER (WHERE place <= 20) AS header_froms,
           count(*) AS header_from_total
    FROM names
    GROUP BY service
),
history AS (
    SELECT r.service, min(r.day) AS first_seen, max(r.day) AS last_seen,
           coalesce(sum(r.messages) FILTER (WHERE r.day BETWEEN $previous_since AND $previous_until), 0)::BIGINT
               AS previous_messages,
           coalesce(sum(r.messages) FILTER (
               WHERE r.dmarc_pass AND r.day BETWEEN $previous_since AND $previous_until), 0)::BIGINT
               AS previous_dmarc_pass
    FROM labelled r
    GROUP BY r.service
)
SELECT w.*, f.header_froms, f.header_from_total,
       h.first_seen, h.last_seen, h.previous_messages, h.previous_dmarc_pass
FROM windowed w
JOIN froms f USING (service)
JOIN history h USING (service)
ORDER BY w.messages DESC, w.service
