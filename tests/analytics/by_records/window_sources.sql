-- Purpose: from how many addresses mail came in a window.
-- Grain: one row.
-- Parameters: $since, $until (DATE, included), $domain (policy domain, NULL: all).
-- Columns: sources (BIGINT, addresses; records without a valid address are one).
SELECT count(DISTINCT coalesce(source_ip, '(no valid address)')) AS sources
FROM v_record
WHERE day BETWEEN $since AND $until
  AND ($domain::VARCHAR IS NULL OR policy_domain = $domain::VARCHAR)
