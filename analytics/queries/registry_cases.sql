-- Purpose: what passed DMARC, as distinct cases, to hold it against the registry of senders.
-- Grain: one row per different source, domains and results among records of accepted reports that passed; most messages first.
-- Parameters: $since, $until (DATE, included), $domain (policy domain, NULL: all).
-- Columns: source_ip, service (who runs it; NULL: not known),
--   header_from, envelope_from (VARCHAR); dkim (STRUCT(domain, selector, result)[]); spf (STRUCT(domain, scope, result)[]);
--   messages (BIGINT); reporters (VARCHAR[], different ones).
SELECT source_ip, nullif(service, '') AS service, header_from, envelope_from,
       list_transform(dkim, lambda x: struct_pack(domain := x.domain, selector := x.selector, result := x.result)) AS dkim,
       list_transform(spf, lambda x: struct_pack(domain := x.domain, scope := x.scope, result := x.result)) AS spf,
       sum(messages)::BIGINT AS messages, list(DISTINCT reporter) AS reporters
FROM v_record
WHERE dmarc_pass AND day BETWEEN $since AND $until AND ($domain::VARCHAR IS NULL OR policy_domain = $domain::VARCHAR)
GROUP BY ALL
ORDER BY sum(messages) DESC, source_ip, header_from, envelope_from, dkim, spf
