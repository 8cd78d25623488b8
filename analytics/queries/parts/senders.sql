-- The senders of the domain filter; header_from is never NULL, as in labels.py. domain_no is a number for the policy domain,
-- because numbers are grouped faster. Parameters: $domain (policy domain, NULL: all).
SELECT sender_no, policy_domain, min(sender_no) OVER (PARTITION BY policy_domain) AS domain_no,
       coalesce(nullif(header_from, ''), '(no domain)') AS header_from
FROM sum_sender
WHERE $domain::VARCHAR IS NULL OR policy_domain = $domain::VARCHAR
