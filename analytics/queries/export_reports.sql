-- Purpose: reports.csv, see docs/exports.md.
-- Grain: one row per payload, whatever its fate, and one per mail in which nothing was found; sorted by received_utc, origin, member,
--   mail_id. (mail_id, member) is unique. What holds no readable report belongs to the day it was received, and to every domain.
-- Parameters: $since, $until (DATE, included; NULL: no limit), $domain (policy domain, NULL: all).
-- Columns: as export_columns.REPORTS; lists as JSON texts.
WITH line AS (
    SELECT coalesce(m.received_utc, m.ingested_utc) AS came_utc, m.ingested_utc, m.origin, coalesce(l.member, '') AS member, m.mail_id,
           m.mail_sha256, l.payload_sha256, l.size_bytes, l.kind, coalesce(l.fate, m.fate) AS fate,
           coalesce(l.reason, m.reason) AS reason, l.xml_records, l.xml_messages, l.records, l.messages,
           m.message_id, m.mail_from, m.subject,
           t.report_key, t.reporter, t.reporter_raw, t.reporter_email, t.contact, t.report_id, t.policy_domain,
           t.begin_utc, t.end_utc, coalesce(t.day, came_utc::DATE) AS counted_day, t.day,
           t.p, t.sp, t.np, t.adkim, t.aspf, t.pct, t.fo, t.testing, t.discovery_method, t.generator, t.format, t.version,
           t.namespace, t.errors, t.extensions, t.flags, t.parser, coalesce(NOT t.records_kept, false) AS records_pruned
    FROM v_mail m
    LEFT JOIN v_payload l USING (mail_id)
    LEFT JOIN v_report t ON t.payload_sha256 = l.payload_sha256
)
SELECT came_utc AS received_utc, ingested_utc, origin, member, message_id, mail_from, subject, mail_sha256, payload_sha256,
       size_bytes, kind, fate, reason, xml_records, xml_messages, records, messages,
       report_key::VARCHAR AS report_key, reporter, reporter_raw, reporter_email, contact, report_id, policy_domain,
       begin_utc, end_utc, day, p, sp, np, adkim, aspf, pct, fo, testing, discovery_method, generator, format, version,
       namespace, to_json(errors)::VARCHAR AS errors_json, extensions, to_json(flags)::VARCHAR AS flags_json, parser, records_pruned
FROM line
WHERE ($since::DATE IS NULL OR counted_day >= $since) AND ($until::DATE IS NULL OR counted_day <= $until)
  AND ($domain::VARCHAR IS NULL OR policy_domain IS NULL OR policy_domain = $domain::VARCHAR)
ORDER BY came_utc, origin, member, mail_id
