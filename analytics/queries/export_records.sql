-- Purpose: records.csv, see docs/exports.md.
-- Grain: one row per record of an accepted report; sorted by day, policy_domain, reporter, report_id, payload_sha256,
--   record_index. (payload_sha256, record_index) is unique.
-- Parameters: $since, $until (DATE, included; NULL: no limit), $domain (policy domain, NULL: all).
-- Columns: as export_columns.RECORDS; lists as JSON texts with sorted keys.
SELECT r.day, r.policy_domain, r.reporter, t.reporter_raw, t.reporter_email, r.report_id,
       r.report_key::VARCHAR AS report_key, r.begin_utc, r.end_utc, r.record_index,
       r.source_ip, r.source_ip_raw, r.reverse_name, r.country, r.asn, r.as_name, r.service, r.service_kind,
       s.looked_up_utc,
       r.header_from, r.envelope_from, r.envelope_to,
       r.messages, r.dmarc_pass, r.dkim_aligned, r.spf_aligned, r.dkim_pass, r.spf_pass,
       to_json(list_transform(r.dkim, lambda x:
           {'domain': x.domain, 'human_result': x.human_result, 'result': x.result, 'selector': x.selector}))::VARCHAR
           AS dkim_json,
       to_json(list_transform(r.spf, lambda x:
           {'domain': x.domain, 'human_result': x.human_result, 'result': x.result, 'scope': x.scope}))::VARCHAR
           AS spf_json,
       r.disposition,
       to_json(list_transform(r.reasons, lambda x: {'comment': x.comment, 'type': x.type}))::VARCHAR AS reasons_json,
       r.p, r.sp, r.np, t.adkim, t.aspf, t.pct, t.testing, t.discovery_method, t.fo, t.format,
       to_json(r.flags)::VARCHAR AS flags_json, r.payload_sha256
FROM v_record r
JOIN v_report t USING (payload_sha256)
LEFT JOIN v_source s ON s.source_ip = r.source_ip
WHERE ($since::DATE IS NULL OR r.day >= $since) AND ($until::DATE IS NULL OR r.day <= $until)
  AND ($domain::VARCHAR IS NULL OR r.policy_domain = $domain::VARCHAR)
ORDER BY r.day, r.policy_domain, r.reporter, r.report_id, r.payload_sha256, r.record_index
