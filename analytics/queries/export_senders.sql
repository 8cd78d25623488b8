-- Purpose: senders.csv, see docs/exports.md.
-- Grain: one row per policy_domain, header_from, service and source_ip with records in the window, sorted by them.
-- Parameters: $since, $until (DATE, included; NULL: no limit), $domain (policy domain, NULL: all).
-- Columns: as export_columns.SENDERS; first_seen and last_seen over all data.
WITH sender AS (
    SELECT d.policy_domain, d.header_from, r.address_no,
           {{treated}},
           {{counts}}
    FROM ({{sums}}) r
    JOIN ({{senders}}) d USING (sender_no)
    WHERE ($since::DATE IS NULL OR r.day >= $since) AND ($until::DATE IS NULL OR r.day <= $until)
    GROUP BY d.policy_domain, d.header_from, r.address_no
),
history AS (
    SELECT d.policy_domain, d.header_from, t.address_no, min(t.first_day) AS first_seen, max(t.last_day) AS last_seen
    FROM sum_seen t
    JOIN ({{senders}}) d USING (sender_no)
    GROUP BY d.policy_domain, d.header_from, t.address_no
)
SELECT policy_domain, header_from, l.service, l.service_kind, coalesce(a.source_ip, '(no valid address)') AS source_ip,
       s.reverse_name, s.country, s.asn, s.as_name,
       messages, dmarc_pass, spf_aligned, dkim_aligned, spf_pass, dkim_pass,
       dmarc_pass / nullif(messages, 0) AS pass_rate, spf_aligned / nullif(messages, 0) AS spf_aligned_rate,
       dkim_aligned / nullif(messages, 0) AS dkim_aligned_rate, spf_pass / nullif(messages, 0) AS spf_pass_rate,
       dkim_pass / nullif(messages, 0) AS dkim_pass_rate,
       quarantined, rejected, first_seen, last_seen
FROM sender
JOIN history USING (policy_domain, header_from, address_no)
JOIN sum_address a USING (address_no)
JOIN sum_label l USING (label_no)
LEFT JOIN v_source s ON s.source_ip = a.source_ip
ORDER BY policy_domain, header_from, l.service, coalesce(a.source_ip, '(no valid address)')
