-- Purpose: whose mail it was, what is wrong with it, and what shows it.
-- Grain: one row per verdict (with its rule, service of the catalogue and entry of the registry), service and header_from; most messages first.
-- Parameters: $since, $until (DATE, included), $domain (policy domain, NULL: all), $service, $source_ip (as the pages name them, NULL: all).
-- Columns: side, verdict, kind, rule_id, confidence (VARCHAR; the last of most of the messages), act_no (BIGINT), said_by, said_why (VARCHAR), said_until (DATE; of the opinion with that number), service, service_kind, header_from,
--   service_id, entry_id (VARCHAR); messages, quarantined, rejected (BIGINT, messages); records, sources, reporters (BIGINT); first_day, last_day (DATE,
--   in the window); our_domain ... override (VARCHAR, evidence of the biggest case of the line).
WITH folded AS MATERIALIZED (
    SELECT address_no, evidence_no, verdict_no, service_no, header_from, reporters_no, sum(messages) AS messages, sum(quarantined) AS quarantined,
           sum(rejected) AS rejected, sum(records) AS records, min(day) AS first_day, max(day) AS last_day
    FROM ({{judged}})
    WHERE ($service::VARCHAR IS NULL OR service_no IN (SELECT service_no FROM sum_label WHERE service = $service::VARCHAR))
      AND ($source_ip::VARCHAR IS NULL
           OR address_no IN (SELECT address_no FROM sum_address WHERE coalesce(source_ip, '(no valid address)') = $source_ip::VARCHAR))
    GROUP BY ALL
), answers AS (
    SELECT verdict_no, confidence,
           min(verdict_no) OVER (PARTITION BY rule_id, verdict, kind, side, service_id, entry_id, act_no) AS answer_no
    FROM verdict_answer
), keyed AS (
    SELECT f.*, n.answer_no, n.confidence FROM folded f JOIN answers n USING (verdict_no)
), biggest AS (
    SELECT answer_no, service_no, header_from, arg_max(evidence_no, (messages, -evidence_no)) AS evidence_no
    FROM (SELECT answer_no, service_no, header_from, evidence_no, sum(messages) AS messages FROM keyed GROUP BY ALL)
    GROUP BY ALL
), surest AS (
    SELECT answer_no, service_no, header_from, arg_max(confidence, (messages, confidence)) AS confidence
    FROM (SELECT answer_no, service_no, header_from, confidence, sum(messages) AS messages FROM keyed GROUP BY ALL)
    GROUP BY ALL
), told AS (
    SELECT answer_no, service_no, header_from, count(DISTINCT reporter) AS reporters
    FROM (
        SELECT answer_no, service_no, header_from, unnest(reporters) AS reporter
        FROM (SELECT DISTINCT answer_no, service_no, header_from, reporters_no FROM keyed) JOIN verdict_reporters USING (reporters_no)
    )
    GROUP BY ALL
), counted AS (
    SELECT answer_no, service_no, header_from, sum(messages)::BIGINT AS messages, sum(quarantined)::BIGINT AS quarantined,
           sum(rejected)::BIGINT AS rejected, sum(records)::BIGINT AS records, count(DISTINCT address_no) AS sources,
           min(first_day) AS first_day, max(last_day) AS last_day
    FROM keyed GROUP BY ALL
)
SELECT v.side, v.verdict, v.kind, v.rule_id, v.act_no, v.service_id, v.entry_id, s.confidence, l.service, l.service_kind,
       c.* EXCLUDE (answer_no, service_no), t.reporters, o.who AS said_by, o.why AS said_why, o.until AS said_until,
       e.our_domain, e.our_selector, e.our_result, e.other_domain, e.other_selector, e.envelope_from, e.spf_domain, e.spf_result, e.override
FROM counted c
JOIN biggest b USING (answer_no, service_no, header_from)
JOIN surest s USING (answer_no, service_no, header_from)
JOIN told t USING (answer_no, service_no, header_from)
JOIN verdict_answer v ON v.verdict_no = c.answer_no
JOIN (SELECT label_no AS service_no, service, service_kind FROM sum_label) l USING (service_no)
JOIN verdict_evidence e USING (evidence_no)
LEFT JOIN v_opinion_act o ON o.act_no = v.act_no
ORDER BY c.messages DESC, v.side, v.verdict, v.kind, v.rule_id, l.service, c.header_from, v.service_id, v.entry_id, v.act_no
