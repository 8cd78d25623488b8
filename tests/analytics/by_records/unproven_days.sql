-- Purpose: failing mail from services that never passed for the domain: where a burst of forgeries shows.
-- Grain: one row per policy_domain and day of the two windows.
-- Parameters: $since, $until, $previous_since (DATE, included), $domain (policy domain, NULL: all).
-- Columns: policy_domain (VARCHAR); day (DATE); messages (BIGINT, failing messages).
WITH labelled AS ({{labelled}}),
known AS (
    SELECT r.policy_domain, r.service
    FROM labelled r
    WHERE r.day <= $until
    GROUP BY r.policy_domain, r.service
    HAVING NOT bool_or(r.dmarc_pass)
)
SELECT r.policy_domain, r.day, sum(r.messages)::BIGINT AS messages
FROM labelled r
SEMI JOIN known k ON k.policy_domain = r.policy_domain AND k.service = r.service
WHERE r.day BETWEEN $previous_since AND $until
GROUP BY r.policy_domain, r.day
ORDER BY r.policy_domain, r.day
