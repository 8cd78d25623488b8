-- The senders of the domain filter; header_from is never NULL, as in labels.py. Parameters: $domain (policy domain, NULL: all).
SELECT sender_no, domain_no, policy_domain, coalesce(nullif(header_from, ''), '(no domain)') AS header_from
FROM sum_sender
WHERE $domain::VARCHAR IS NULL OR policy_domain = $domain::VARCHAR
