-- Purpose: what became of the payloads.
-- Grain: one row per fate.
-- Parameters: none.
-- Columns: fate (VARCHAR); payloads (BIGINT).
-- Reads payload itself: v_payload would look for the mail of each.
SELECT fate, count(*) AS payloads
FROM payload
GROUP BY fate
ORDER BY fate
