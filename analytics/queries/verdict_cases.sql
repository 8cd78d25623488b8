-- Purpose: what verdicts were given, with everything that they look at.
-- Grain: one row per address, evidence and verdict, and per day if $daily; most messages first.
-- Parameters: $since, $until (DATE, included), $domain (policy domain, NULL: all), $sides (VARCHAR[], values of Side), $daily (BOOLEAN).
-- Columns: day (DATE, the first of them), first_day, last_day (DATE); policy_domain, header_from, source_ip, envelope_from (VARCHAR; the last as reported,
--   '' is a null sender, NULL not reported); dkim_aligned, spf_aligned (BOOLEAN, as the reporter evaluated them); p, our_domain, our_selector, our_result,
--   other_domain, other_selector, dkim, spf, spf_domain, spf_scope, spf_result, override (as in verdict_evidence);
--   reverse_name, country, as_name, as_domain (VARCHAR), asn (BIGINT), service, service_kind (VARCHAR, as the pages name them);
--   side, verdict, kind, rule_id, confidence, service_id, entry_id (VARCHAR), act_no (BIGINT, the opinion of a person; NULL: none);
--   reporters (VARCHAR[], sorted); messages, quarantined, rejected, stopped, stopped_missing (BIGINT, messages), records (BIGINT).
WITH folded AS (
    SELECT address_no, evidence_no, verdict_no, min(day) AS day, min(day) AS first_day, max(day) AS last_day,
           list(DISTINCT reporters_no) AS told, sum(messages)::BIGINT AS messages, sum(quarantined)::BIGINT AS quarantined,
           sum(rejected)::BIGINT AS rejected, sum(stopped)::BIGINT AS stopped, sum(stopped_missing)::BIGINT AS stopped_missing,
           sum(records)::BIGINT AS records
    FROM ({{judged}}) WHERE list_contains($sides::VARCHAR[], side)
    GROUP BY address_no, evidence_no, verdict_no, if($daily, day, NULL)
), named AS (
    SELECT told, list_sort(list_distinct(flatten(list(reporters)))) AS reporters
    FROM (SELECT DISTINCT told, unnest(told) AS reporters_no FROM (SELECT DISTINCT told FROM folded))
    JOIN verdict_reporters USING (reporters_no)
    GROUP BY told
)
SELECT f.* EXCLUDE (address_no, evidence_no, verdict_no, told), e.* EXCLUDE (evidence_no), v.* EXCLUDE (verdict_no, rule_version), n.reporters,
       a.source_ip, l.service, l.service_kind, s.reverse_name, s.country, s.asn, s.as_name, s.as_domain
FROM folded f
JOIN verdict_evidence e USING (evidence_no)
JOIN verdict_answer v USING (verdict_no)
JOIN named n USING (told)
JOIN sum_address a USING (address_no)
JOIN sum_label l USING (label_no)
LEFT JOIN source s USING (source_ip)
ORDER BY f.messages DESC, f.day, e.policy_domain, e.header_from, a.source_ip, e.envelope_from, e.our_domain, e.our_selector, e.our_result,
         e.other_domain, e.other_selector, e.spf_domain, e.spf_scope, e.spf_result, e.override, e.dkim, e.spf
