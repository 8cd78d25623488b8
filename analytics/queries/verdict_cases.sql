-- Purpose: what a verdict is made from: accepted records of the window, folded where all that a verdict looks at is the same.
-- Grain: one row per day, policy_domain, header_from, source_ip, envelope_from and evidence.
-- Parameters: $since, $until (DATE, included), $domain (policy domain, NULL: all).
-- Columns: day (DATE); policy_domain, header_from, source_ip, envelope_from (VARCHAR; the last as reported, '' is a null sender, NULL not reported);
--   dkim_aligned, spf_aligned (BOOLEAN, as the reporter evaluated them); p (VARCHAR, policy of policy_domain, as the reporter saw it);
--   our_domain, our_selector, our_result (VARCHAR, the signature of header_from's own domain that says most: pass before broken before temperror);
--   other_domain, other_selector (VARCHAR, a passing signature of another domain); dkim, spf (all results, sorted, without human_result);
--   spf_domain, spf_scope, spf_result (VARCHAR, the SPF check that says most: pass first, then mfrom);
--   override (VARCHAR, reasons of the reporter: arc, forwarded, local_policy, mailing_list, trusted_forwarder, ...; sorted, joined by a space);
--   reverse_name, country, as_name, as_domain, service, service_kind (VARCHAR), asn (BIGINT): what is known of the address;
--   reporters (VARCHAR[], sorted); messages, quarantined, rejected (BIGINT, messages; the last two failed DMARC), records (BIGINT);
--   stopped (BIGINT, messages for whose header_from the published policy, as that reporter saw it, asks quarantine or reject: p for the policy domain itself,
--   below it sp, else p; t=y and pct=0 ask for one step less), stopped_missing (BIGINT, the same if header_from does not exist: np, else sp, else p).
WITH said AS (
    SELECT r.day, r.policy_domain, r.reporter, lower(r.p) AS p, lower(r.sp) AS sp, lower(r.np) AS np, c.*,
           coalesce(lower(r.testing) = 'y' OR r.pct = 0, false) AS eased,
           lower(if(coalesce(c.header_from, '') IN ('', '(no domain)'), r.policy_domain, c.header_from)) AS hf,
           lower(r.policy_domain) AS pd
    FROM record c
    JOIN v_report r USING (report_no)
    WHERE r.fate = 'accepted' AND r.day BETWEEN $since AND $until
      AND ($domain::VARCHAR IS NULL OR r.policy_domain = $domain::VARCHAR)
), marked AS (
    SELECT s.*,
           list_sort(list_transform(
               list_filter(dkim, lambda x: looks_aligned(x.domain, hf, pd)),
               lambda x: {'rank': CASE x.result WHEN 'pass' THEN 0 WHEN 'temperror' THEN 2 WHEN 'none' THEN 3 ELSE 1 END, 'd': lower(x.domain),
                          's': x.selector, 'r': x.result}))[1] AS ours,
           list_sort(list_filter(dkim, lambda x: x.result = 'pass' AND NOT coalesce(looks_aligned(x.domain, hf, pd), false)))[1] AS other,
           list_sort(list_transform(spf, lambda x: {'rank': CASE WHEN x.result = 'pass' THEN 0 WHEN x.scope IS DISTINCT FROM 'helo' THEN 1 ELSE 2 END,
                                                    'd': lower(x.domain), 'c': x.scope, 'r': x.result}))[1] AS checked,
           list_sort(list_distinct(list_transform(reasons, lambda x:
               CASE WHEN x.type = 'local_policy' AND regexp_matches(coalesce(x.comment, ''), 'arc\s*=\s*pass', 'i') THEN 'arc' ELSE x.type END)))
               AS overrides,
           if(hf = pd, p, coalesce(sp, p)) AS policy, if(hf = pd, p, coalesce(np, sp, p)) AS policy_missing
    FROM said s
)
SELECT m.day, m.policy_domain, m.hf AS header_from, m.source_ip, lower(m.envelope_from) AS envelope_from, m.dkim_aligned, m.spf_aligned, m.p,
       m.ours.d AS our_domain, m.ours.s AS our_selector, m.ours.r AS our_result,
       lower(m.other.domain) AS other_domain, m.other.selector AS other_selector,
       list_sort(list_distinct(list_transform(m.dkim, lambda x: {'domain': lower(x.domain), 'selector': x.selector, 'result': x.result}))) AS dkim,
       list_sort(list_distinct(list_transform(m.spf, lambda x: {'domain': lower(x.domain), 'scope': x.scope, 'result': x.result}))) AS spf,
       m.checked.d AS spf_domain, m.checked.c AS spf_scope, m.checked.r AS spf_result,
       coalesce(array_to_string(m.overrides, ' '), '') AS override,
       n.reverse_name, n.country, n.asn, n.as_name, n.as_domain, n.service, n.service_kind,
       list_sort(list(DISTINCT m.reporter)) AS reporters,
       sum(m.messages)::BIGINT AS messages,
       coalesce(sum(m.messages) FILTER (m.disposition = 'quarantine' AND NOT m.dkim_aligned AND NOT m.spf_aligned), 0)::BIGINT AS quarantined,
       coalesce(sum(m.messages) FILTER (m.disposition = 'reject' AND NOT m.dkim_aligned AND NOT m.spf_aligned), 0)::BIGINT AS rejected,
       count(*) AS records,
       coalesce(sum(m.messages) FILTER (m.policy = 'reject' OR (m.policy = 'quarantine' AND NOT m.eased)), 0)::BIGINT AS stopped,
       coalesce(sum(m.messages) FILTER (m.policy_missing = 'reject' OR (m.policy_missing = 'quarantine' AND NOT m.eased)), 0)::BIGINT AS stopped_missing
FROM marked m
LEFT JOIN source n ON n.source_ip = m.source_ip
GROUP BY ALL
ORDER BY day, policy_domain, header_from, source_ip, envelope_from, dkim_aligned, spf_aligned, p, our_domain, our_selector, our_result,
         other_domain, other_selector, spf_domain, spf_scope, spf_result, override, dkim, spf
