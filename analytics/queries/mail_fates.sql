-- Purpose: what became of the mails, and when the newest came.
-- Grain: one row per fate.
-- Parameters: none.
-- Columns: fate (VARCHAR); mails (BIGINT); newest_received_utc, newest_ingested_utc (TIMESTAMP).
SELECT fate, count(*) AS mails, max(received_utc) AS newest_received_utc, max(ingested_utc) AS newest_ingested_utc
FROM v_mail
GROUP BY fate
ORDER BY fate
