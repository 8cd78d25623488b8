-- Cases of the window with the verdicts of the newest rules, in numbers. Parameters: $since, $until (DATE, included), $domain (policy domain, NULL: all).
SELECT t.*, e.header_from, e.policy_domain, v.side, l.service_no
FROM verdict_day t
JOIN (FROM verdict_evidence WHERE $domain::VARCHAR IS NULL OR policy_domain = $domain::VARCHAR) e USING (evidence_no)
JOIN verdict_answer v USING (verdict_no)
JOIN sum_address a USING (address_no)
JOIN sum_label l USING (label_no)
WHERE t.rule_version = (SELECT max(rule_version) FROM verdict_state) AND t.day BETWEEN $since AND $until
