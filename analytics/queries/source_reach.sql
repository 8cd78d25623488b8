-- Purpose: how far back the newest records of one source reach, so that only their days need be read.
-- Grain: one row.
-- Parameters: $since, $until (DATE, included), $domain (policy domain, NULL: all), $source_ip (as sources.sql names it),
--   $records (how many of the newest).
-- Columns: first_day (DATE, of the window; NULL: the source has no record in it).
SELECT min(day) AS first_day
FROM (
    SELECT t.day, sum(sum(t.records)) OVER (ORDER BY t.day DESC) - sum(t.records) AS newer
    FROM sum_source t
    JOIN ({{senders}}) d USING (sender_no)
    SEMI JOIN (FROM sum_address WHERE source_ip IS NOT DISTINCT FROM nullif($source_ip::VARCHAR, '(no valid address)')) a USING (address_no)
    WHERE t.day BETWEEN $since AND $until
    GROUP BY t.day
)
WHERE newer < $records
