-- Purpose: the addresses behind one service, or behind all.
-- Grain: one row per source_ip with records in the window, most messages first, paged.
-- Parameters: $since, $until (DATE, included), $domain (policy domain, NULL: all), $service (as services.sql names it,
--   NULL: all), $limit, $offset (rows).
-- Columns: source_ip ('(no valid address)' where none could be read), reverse_name, country, as_name, service,
--   service_kind (VARCHAR); asn (BIGINT); messages ... dkim_pass, quarantined, rejected (BIGINT, messages);
--   first_seen, last_seen (DATE, over all data of the domain filter).
WITH page AS (
    SELECT x.address_no, coalesce(a.source_ip, '(no valid address)') AS source_ip, l.service, l.service_kind
    FROM (
        SELECT t.address_no, sum(t.messages) AS messages
        FROM sum_source t
        JOIN ({{senders}}) d USING (sender_no)
        WHERE t.day BETWEEN $since AND $until
        GROUP BY t.address_no
    ) x
    JOIN sum_address a USING (address_no)
    JOIN (FROM sum_label WHERE $service::VARCHAR IS NULL OR service = $service::VARCHAR) l USING (label_no)
    ORDER BY x.messages DESC, coalesce(a.source_ip, '(no valid address)')
    LIMIT $limit OFFSET $offset
),
counted AS (
    SELECT r.address_no,
           {{treated}},
           {{counts}}
    FROM ({{sums}}) r
    JOIN (SELECT address_no FROM page) p USING (address_no)
    WHERE r.day BETWEEN $since AND $until
    GROUP BY r.address_no
),
history AS (
    SELECT t.address_no, min(t.first_day) AS first_seen, max(t.last_day) AS last_seen
    FROM sum_seen t
    JOIN (SELECT address_no FROM page) p USING (address_no)
    JOIN ({{senders}}) d USING (sender_no)
    GROUP BY t.address_no
)
SELECT p.* EXCLUDE (address_no), c.* EXCLUDE (address_no), s.reverse_name, s.country, s.asn, s.as_name, h.first_seen, h.last_seen
FROM page p
JOIN counted c USING (address_no)
JOIN history h USING (address_no)
LEFT JOIN v_source s ON s.source_ip = p.source_ip
ORDER BY c.messages DESC, p.source_ip
