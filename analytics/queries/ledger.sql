-- Purpose: what came in, from whom, and what became of it.
-- Grain: one row per payload, and one per mail without any, newest first, paged; reporter ... p are NULL where no report was read.
-- Parameters: $fate, $reporter, $domain, $search, $since, $until, $meets (NULL: all), $limit, $offset (rows).
-- Columns: see ledger.LEDGER.
WITH line AS ({{ledger_lines}}),
page AS (
    SELECT * FROM line
    ORDER BY received_utc DESC, ingested_utc DESC, mail_id, member
    LIMIT $limit OFFSET $offset
)
SELECT page.* EXCLUDE (mail_id, report_no), meeting.meets
FROM page
LEFT JOIN ({{meeting}}) meeting ON page.fate = 'accepted' AND meeting.report_no = page.report_no
ORDER BY received_utc DESC, ingested_utc DESC, mail_id, member
