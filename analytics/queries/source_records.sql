-- Purpose: what the reports say about one source, record by record.
-- Grain: one row per record of the source in the window; newest day first, then most messages; paged.
-- Parameters: $since, $until (DATE, included), $domain (policy domain, NULL: all), $source_ip (as sources.sql names it),
--   $limit, $offset (rows).
-- Columns: day (DATE); reporter, policy_domain, header_from, envelope_from, envelope_to, disposition (VARCHAR);
--   messages (BIGINT); dkim_aligned, spf_aligned, dmarc_pass (BOOLEAN); dkim, spf, reasons (VARCHAR, as text, parts
--   joined by '; '); report_id, payload_sha256 (VARCHAR); record_index (INTEGER, from 0).
SELECT r.day, r.reporter, r.policy_domain, coalesce(nullif(r.header_from, ''), '(no domain)') AS header_from,
       r.envelope_from, r.envelope_to, r.messages, r.disposition, r.dkim_aligned, r.spf_aligned, r.dmarc_pass,
       array_to_string(list_transform(r.dkim, lambda x:
           concat('d=', coalesce(x.domain, '?'), ' s=', coalesce(x.selector, '?'), ' ', coalesce(x.result, '?'))), '; ')
           AS dkim,
       array_to_string(list_transform(r.spf, lambda x:
           concat(coalesce(x.domain, '?'), if(x.scope IS NULL, '', concat(' (', x.scope, ')')), ' ',
                  coalesce(x.result, '?'))), '; ') AS spf,
       array_to_string(list_transform(r.reasons, lambda x:
           concat(coalesce(x.type, '?'), if(x.comment IS NULL, '', concat(': ', x.comment)))), '; ') AS reasons,
       r.report_id, r.payload_sha256, r.record_index
FROM v_record r
WHERE r.day BETWEEN $since AND $until
  AND ($domain::VARCHAR IS NULL OR r.policy_domain = $domain::VARCHAR)
  AND r.source_ip IS NOT DISTINCT FROM nullif($source_ip::VARCHAR, '(no valid address)')
ORDER BY r.day DESC, r.messages DESC, r.payload_sha256, r.record_index
LIMIT $limit OFFSET $offset
