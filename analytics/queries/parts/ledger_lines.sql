-- Every payload line with its mail, and with the report of the same bytes where there is one; a mail in which nothing was found is a line too.
-- Parameters: $fate, $reporter, $domain (NULL: all), $search (NULL: all; else a part of a text, in any case),
--   $since, $until (DATE, included: when it came; NULL: no limit), $meets (true: only reports that meet another; NULL: all).
SELECT coalesce(m.received_utc, m.ingested_utc) AS received_utc, m.ingested_utc, m.origin, coalesce(l.member, '') AS member, l.kind,
       coalesce(l.fate, m.fate) AS fate, coalesce(l.reason, m.reason) AS reason,
       t.reporter, t.policy_domain, t.report_id, t.begin_utc, t.end_utc, t.day, t.p,
       l.xml_records, l.xml_messages, l.records, l.messages, coalesce(l.size_bytes, m.size_bytes) AS size_bytes,
       m.mail_from, m.subject, m.message_id, l.payload_sha256, m.mail_sha256, m.mail_id, t.report_no
FROM v_mail m
LEFT JOIN v_payload l USING (mail_id)
LEFT JOIN v_report t ON t.payload_sha256 = l.payload_sha256
WHERE ($fate::VARCHAR IS NULL OR coalesce(l.fate, m.fate) = $fate::VARCHAR)
  AND ($reporter::VARCHAR IS NULL OR t.reporter = $reporter::VARCHAR)
  AND ($domain::VARCHAR IS NULL OR t.policy_domain = $domain::VARCHAR)
  AND ($since::DATE IS NULL OR coalesce(m.received_utc, m.ingested_utc)::DATE >= $since::DATE)
  AND ($until::DATE IS NULL OR coalesce(m.received_utc, m.ingested_utc)::DATE <= $until::DATE)
  AND ($search::VARCHAR IS NULL OR contains(
          lower(concat_ws(chr(10), t.reporter, t.policy_domain, t.report_id, m.origin, l.member, m.mail_from, m.subject,
                          m.message_id, l.payload_sha256, m.mail_sha256, coalesce(l.reason, m.reason))),
          lower($search::VARCHAR)))
  AND ($meets::BOOLEAN IS NULL OR (l.fate = 'accepted' AND t.report_no IN (SELECT report_no FROM ({{meeting}}))))
