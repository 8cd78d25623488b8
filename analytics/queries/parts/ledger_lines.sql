-- Every payload line with its mail, and with the report of the same bytes where there is one.
-- Parameters: $fate, $reporter, $domain (NULL: all), $search (NULL: all; else a part of a text, in any case).
SELECT coalesce(l.received_utc, l.ingested_utc) AS received_utc, l.ingested_utc, l.origin, l.member, l.kind, l.fate, l.reason,
       t.reporter, t.policy_domain, t.report_id, t.begin_utc, t.end_utc, t.day, t.p,
       l.xml_records, l.xml_messages, l.records, l.messages, l.size_bytes,
       m.mail_from, m.subject, m.message_id, l.payload_sha256, l.mail_sha256, l.mail_id
FROM v_payload l
JOIN v_mail m USING (mail_id)
LEFT JOIN v_report t USING (payload_sha256)
WHERE ($fate::VARCHAR IS NULL OR l.fate = $fate::VARCHAR)
  AND ($reporter::VARCHAR IS NULL OR t.reporter = $reporter::VARCHAR)
  AND ($domain::VARCHAR IS NULL OR t.policy_domain = $domain::VARCHAR)
  AND ($search::VARCHAR IS NULL OR contains(
          lower(concat_ws(chr(10), t.reporter, t.policy_domain, t.report_id, l.origin, l.member, m.mail_from, m.subject,
                          m.message_id, l.payload_sha256, l.reason)),
          lower($search::VARCHAR)))
