-- Purpose: what came in, from whom, and what became of it.
-- Grain: one row per payload, and one per mail without any, newest first, paged; reporter ... p are NULL where no report was read.
-- Parameters: $fate, $reporter, $domain, $search, $since, $until (NULL: all), $limit, $offset (rows).
-- Columns: see ledger.LEDGER.
WITH line AS ({{ledger_lines}})
SELECT * EXCLUDE (mail_id)
FROM line
ORDER BY received_utc DESC, ingested_utc DESC, mail_id, member
LIMIT $limit OFFSET $offset
