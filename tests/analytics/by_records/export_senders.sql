-- Purpose: senders.csv, see docs/exports.md.
-- Grain: one row per policy_domain, header_from, service and source_ip with records in the window, sorted by them.
-- Parameters: $since, $until (DATE, included; NULL: no limit), $domain (policy domain, NULL: all).
-- Columns: as export_columns.SENDERS; first_seen and last_seen over all data.
WITH labelled AS ({{labelled}}),
sender AS (
    SELECT r.policy_domain, r.header_from, r.service, r.source_ip,
           any_value(r.service_kind) AS service_kind, any_value(r.reverse_name) AS reverse_name,
           any_value(r.country) AS country, any_value(r.asn) AS asn, any_value(r.as_name) AS as_name,
           {{treated}},
           {{counts}}
    FROM labelled r
    WHERE ($since::DATE IS NULL OR r.day >= $since) AND ($until::DATE IS NULL OR r.day <= $until)
    GROUP BY r.policy_domain, r.header_from, r.service, r.source_ip
),
history AS (
    SELECT r.policy_domain, r.header_from, r.service, r.source_ip, min(r.day) AS first_seen, max(r.day) AS last_seen
    FROM labelled r
    GROUP BY r.policy_domain, r.header_from, r.service, r.source_ip
)
SELECT policy_domain, header_from, service, service_kind, source_ip, reverse_name, country, asn, as_name,
       messages, dmarc_pass, spf_aligned, dkim_aligned, spf_pass, dkim_pass,
       dmarc_pass / nullif(messages, 0) AS pass_rate, spf_aligned / nullif(messages, 0) AS spf_aligned_rate,
       dkim_aligned / nullif(messages, 0) AS dkim_aligned_rate, spf_pass / nullif(messages, 0) AS spf_pass_rate,
       dkim_pass / nullif(messages, 0) AS dkim_pass_rate,
       quarantined, rejected, first_seen, last_seen
FROM sender
JOIN history USING (policy_domain, header_from, service, source_ip)
ORDER BY policy_domain, header_from, service, source_ip
