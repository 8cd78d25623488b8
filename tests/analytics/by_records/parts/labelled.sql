-- The records of the domain filter, with keys that are never NULL: service, source_ip, header_from as in labels.py.
-- `named` tells a known service from a bare network. Parameters: $domain (policy domain, NULL: all).
SELECT v.* REPLACE (
           coalesce(nullif(v.service, ''), nullif(v.as_name, ''), 'unknown network') AS service,
           coalesce(v.source_ip, '(no valid address)') AS source_ip,
           coalesce(nullif(v.header_from, ''), '(no domain)') AS header_from
       ),
       nullif(v.service, '') IS NOT NULL AS named
FROM v_record v
WHERE $domain::VARCHAR IS NULL OR v.policy_domain = $domain::VARCHAR
