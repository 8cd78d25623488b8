-- Purpose: what became of the payloads.
-- Grain: one row per fate.
-- Parameters: none.
-- Columns: fate (VARCHAR); payloads (BIGINT).
SELECT fate, count(*) AS payloads
FROM v_payload
GROUP BY fate
ORDER BY fate
