-- Purpose: each service in the window and in the window before: who is new, gone, better or worse.
-- Grain: one row per service with records in either window.
-- Parameters: $since, $until, $previous_since, $previous_until (DATE, included), $domain (policy domain, NULL: all).
-- Columns: service (VARCHAR); named (BOOLEAN, a known service and not only a network); domain (VARCHAR, the policy
--   domain if there is only one); first_seen (DATE, over all data of the domain filter); messages, dmarc_pass,
--   previous_messages, previous_dmarc_pass (BIGINT, messages); previous_days (BIGINT, days with records).
WITH labelled AS ({{labelled}}),
marked AS (
    SELECT r.*, r.day BETWEEN $since AND $until AS inside,
           r.day BETWEEN $previous_since AND $previous_until AS inside_before
    FROM labelled r
)
SELECT r.service, bool_or(r.named) AS named,
       if(count(DISTINCT r.policy_domain) FILTER (WHERE inside OR inside_before) = 1,
          min(r.policy_domain) FILTER (WHERE inside OR inside_before), NULL) AS domain,
       min(r.day) AS first_seen,
       coalesce(sum(r.messages) FILTER (WHERE inside), 0)::BIGINT AS messages,
       coalesce(sum(r.messages) FILTER (WHERE inside AND r.dmarc_pass), 0)::BIGINT AS dmarc_pass,
       coalesce(sum(r.messages) FILTER (WHERE inside_before), 0)::BIGINT AS previous_messages,
       coalesce(sum(r.messages) FILTER (WHERE inside_before AND r.dmarc_pass), 0)::BIGINT AS previous_dmarc_pass,
       count(DISTINCT r.day) FILTER (WHERE inside_before) AS previous_days
FROM marked r
GROUP BY r.service
HAVING bool_or(inside OR inside_before)
ORDER BY r.service
