-- Purpose: the addresses behind one service, or behind all.
-- Grain: one row per source_ip with records in the window, most messages first, paged.
-- Parameters: $since, $until (DATE, included), $domain (policy domain, NULL: all), $service (as services.sql names it,
--   NULL: all), $limit, $offset (rows).
-- Columns: source_ip ('(no valid address)' where none could be read), reverse_name, country, as_name, service,
--   service_kind (VARCHAR); asn (BIGINT); messages ... dkim_pass, quarantined, rejected (BIGINT, messages);
--   first_seen, last_seen (DATE, over all data of the domain filter).
WITH counted AS (
    SELECT r.address_no,
           {{treated}},
           {{counts}}
    FROM ({{sums}}) r
    JOIN sum_address a USING (address_no)
    JOIN (FROM sum_label WHERE $service::VARCHAR IS NULL OR service = $service::VARCHAR) l USING (label_no)
    WHERE r.day BETWEEN $since AND $until
    GROUP BY r.address_no
),
page AS (
    SELECT c.*, coalesce(a.source_ip, '(no valid address)') AS source_ip, l.service, l.service_kind
    FROM counted c
    JOIN sum_address a USING (address_no)
    JOIN sum_label l USING (label_no)
    ORDER BY c.messages DESC, coalesce(a.source_ip, '(no valid address)')
    LIMIT $limit OFFSET $offset
),
history AS (
    SELECT t.address_no, min(t.first_day) AS first_seen, max(t.last_day) AS last_seen
    FROM sum_seen t
    SEMI JOIN page USING (address_no)
    JOIN ({{senders}}) d USING (sender_no)
    GROUP BY t.address_no
)
SELECT p.* EXCLUDE (address_no), s.reverse_name, s.country, s.asn, s.as_name, h.first_seen, h.last_seen
FROM page p
JOIN history h USING (address_no)
LEFT JOIN v_source s ON s.source_ip = p.source_ip
ORDER BY p.messages DESC, p.source_ip
