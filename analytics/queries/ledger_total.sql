-- Purpose: how many rows ledger.sql would give without $limit.
-- Grain: one row.
-- Parameters: $fate, $reporter, $domain, $search (NULL: all).
-- Columns: total (BIGINT, payloads).
WITH line AS ({{ledger_lines}})
SELECT count(*) AS total
FROM line
