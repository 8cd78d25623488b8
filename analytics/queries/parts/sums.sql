-- The sums of the domain filter: per day, sender, address and outcome. Parameters: $domain (policy domain, NULL: all).
SELECT t.day, t.sender_no, d.domain_no, t.address_no, t.messages, o.*
FROM sum_source t
JOIN sum_outcome o USING (outcome_no)
JOIN ({{senders}}) d USING (sender_no)
