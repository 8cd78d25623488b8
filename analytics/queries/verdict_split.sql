-- Purpose: all mail on its sides, day by day.
-- Grain: one row per day and side with cases.
-- Parameters: $since, $until (DATE, included), $domain (policy domain, NULL: all), $service (NULL: all).
-- Columns: day (DATE), side (VARCHAR); messages, dmarc_pass, quarantined, rejected (BIGINT, messages; the last two failed DMARC).
SELECT j.day, j.side, sum(j.messages)::BIGINT AS messages,
       coalesce(sum(j.messages) FILTER (e.dkim_aligned OR e.spf_aligned), 0)::BIGINT AS dmarc_pass,
       sum(j.quarantined)::BIGINT AS quarantined, sum(j.rejected)::BIGINT AS rejected
FROM ({{judged}}) j
JOIN verdict_evidence e USING (evidence_no)
WHERE $service::VARCHAR IS NULL OR j.service_no IN (SELECT service_no FROM sum_label WHERE service = $service::VARCHAR)
GROUP BY j.day, j.side
ORDER BY j.day, j.side
