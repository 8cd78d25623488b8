-- The lines of the ledger: every payload, and every mail in which nothing was found. Only what chooses and orders them; a report is looked
-- for only where a filter asks about it, and payload is read itself: v_payload would look for every mail a second time.
-- Parameters: $fate, $reporter, $domain (NULL: all), $search (NULL: all; else a part of a text, in any case), $sha256 (of a payload or a
--   mail, NULL: all), $since, $until (DATE, included: when it came; NULL: no limit), $meets (true: only reports that meet another; NULL: all).
SELECT m.mail_id, l.member, coalesce(l.fate, m.fate) AS fate, coalesce(m.received_utc, m.ingested_utc) AS received_utc, m.ingested_utc
FROM v_mail m
LEFT JOIN payload l USING (mail_id)
LEFT JOIN (
    FROM v_report WHERE $meets::BOOLEAN OR coalesce($reporter::VARCHAR, $domain::VARCHAR, $search::VARCHAR) IS NOT NULL
) t ON t.payload_sha256 = l.payload_sha256
WHERE ($fate::VARCHAR IS NULL OR coalesce(l.fate, m.fate) = $fate::VARCHAR)
  AND ($reporter::VARCHAR IS NULL OR t.reporter = $reporter::VARCHAR)
  AND ($domain::VARCHAR IS NULL OR t.policy_domain = $domain::VARCHAR)
  AND ($sha256::VARCHAR IS NULL OR l.payload_sha256 = $sha256::VARCHAR OR m.mail_sha256 = $sha256::VARCHAR)
  AND ($since::DATE IS NULL OR coalesce(m.received_utc, m.ingested_utc)::DATE >= $since::DATE)
  AND ($until::DATE IS NULL OR coalesce(m.received_utc, m.ingested_utc)::DATE <= $until::DATE)
  AND ($search::VARCHAR IS NULL OR contains(
          lower(concat_ws(chr(10), t.reporter, t.policy_domain, t.report_id, m.origin, l.member, m.mail_from, m.subject,
                          m.message_id, l.payload_sha256, m.mail_sha256, coalesce(l.reason, m.reason))),
          lower($search::VARCHAR)))
  AND ($meets::BOOLEAN IS NULL OR (l.fate = 'accepted' AND (t.reporter, t.policy_domain, t.begin_utc, t.end_utc) IN (
          WITH accepted AS (FROM v_report WHERE $meets::BOOLEAN AND fate = 'accepted')
          SELECT (reporter, policy_domain, begin_utc, end_utc) FROM ({{meeting}}))))
