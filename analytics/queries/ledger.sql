-- Purpose: what came in, from whom, and what became of it.
-- Grain: one row per payload, and one per mail without any, newest first, paged; reporter ... p are NULL where no report was read.
-- Parameters: $fate, $reporter, $domain, $search, $sha256, $since, $until, $meets (NULL: all), $limit, $offset (rows).
-- Columns: see ledger.LEDGER.
WITH line AS ({{ledger_lines}}),
page AS (
    SELECT * FROM line
    ORDER BY received_utc DESC, ingested_utc DESC, mail_id, coalesce(member, '')
    LIMIT $limit OFFSET $offset
),
shown AS (
    SELECT page.received_utc, m.ingested_utc, m.origin, coalesce(l.member, '') AS member, l.kind,
           page.fate, coalesce(l.reason, m.reason) AS reason,
           t.reporter, t.policy_domain, t.report_id, t.begin_utc, t.end_utc, t.day, t.p,
           l.xml_records, l.xml_messages, l.records, l.messages, coalesce(l.size_bytes, m.size_bytes) AS size_bytes,
           m.mail_from, m.subject, m.message_id, l.payload_sha256, m.mail_sha256, m.mail_id
    FROM page
    JOIN v_mail m USING (mail_id)
    LEFT JOIN payload l ON l.mail_id = page.mail_id AND l.member = page.member
    LEFT JOIN v_report t ON t.payload_sha256 = l.payload_sha256
),
span AS (  -- no report beyond it meets one of the page
    SELECT min(least(begin_utc, end_utc)) AS first_utc, max(greatest(begin_utc, end_utc)) AS last_utc FROM shown WHERE fate = 'accepted'
),
accepted AS (
    SELECT r.* FROM v_report r, span
    WHERE r.fate = 'accepted' AND greatest(r.begin_utc, r.end_utc) >= first_utc AND least(r.begin_utc, r.end_utc) <= last_utc
)
SELECT shown.* EXCLUDE (mail_id), meeting.meets
FROM shown
LEFT JOIN ({{meeting}}) meeting ON shown.fate = 'accepted' AND (meeting.reporter, meeting.policy_domain, meeting.begin_utc, meeting.end_utc)
    = (shown.reporter, shown.policy_domain, shown.begin_utc, shown.end_utc)
ORDER BY shown.received_utc DESC, shown.ingested_utc DESC, shown.mail_id, shown.member
