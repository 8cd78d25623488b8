-- Purpose: how many rows ledger.sql would give without $limit, by fate.
-- Grain: one row per fate that occurs.
-- Parameters: $fate, $reporter, $domain, $search, $sha256, $since, $until, $meets (NULL: all).
-- Columns: fate (VARCHAR); lines (BIGINT).
WITH line AS ({{ledger_lines}})
SELECT fate, count(*) AS lines
FROM line
GROUP BY fate
ORDER BY fate
