-- Purpose: from how many addresses mail came in a window.
-- Grain: one row.
-- Parameters: $since, $until (DATE, included), $domain (policy domain, NULL: all).
-- Columns: sources (BIGINT, addresses; records without a valid address are one).
SELECT count(DISTINCT t.address_no) AS sources
FROM sum_source t
JOIN ({{senders}}) d USING (sender_no)
WHERE t.day BETWEEN $since AND $until
