-- Purpose: the addresses behind one service, or behind all.
-- Grain: one row per source_ip with records in the window, most messages first, paged.
-- Parameters: $since, $until (DATE, included), $domain (policy domain, NULL: all), $service (as services.sql names it,
--   NULL: all), $limit, $offset (rows).
-- Columns: source_ip ('(no valid address)' where none could be read), reverse_name, country, as_name, service,
--   service_kind (VARCHAR); asn (BIGINT); messages ... dkim_pass, quarantined, rejected (BIGINT, messages);
--   first_seen, last_seen (DATE, over all data of the domain filter).
WITH labelled AS ({{labelled}}),
page AS (
    SELECT r.source_ip, any_value(r.reverse_name) AS reverse_name, any_value(r.country) AS country,
           any_value(r.asn) AS asn, any_value(r.as_name) AS as_name, any_value(r.service) AS service,
           any_value(r.service_kind) AS service_kind,
           {{treated}},
           {{counts}}
    FROM labelled r
    WHERE r.day BETWEEN $since AND $until
      AND ($service::VARCHAR IS NULL OR r.service = $service::VARCHAR)
    GROUP BY r.source_ip
    ORDER BY sum(r.messages) DESC, r.source_ip
    LIMIT $limit OFFSET $offset
),
history AS (
    SELECT r.source_ip, min(r.day) AS first_seen, max(r.day) AS last_seen
    FROM labelled r
    SEMI JOIN page USING (source_ip)
    GROUP BY r.source_ip
)
SELECT p.*, h.first_seen, h.last_seen
FROM page p
JOIN history h USING (source_ip)
ORDER BY p.messages DESC, p.source_ip
