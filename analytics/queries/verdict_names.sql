-- Purpose: which names in From: send nothing of ours.
-- Grain: one row per header_from of which nothing passed, was ours, was passed on or looked like a service in the window.
-- Parameters: $since, $until (DATE, included), $domain (policy domain, NULL: all).
-- Columns: header_from (VARCHAR); parked (BOOLEAN, nothing of its policy domain passed in the window, and every reporter saw p=reject).
WITH counted AS (
    SELECT j.policy_domain, j.header_from, bool_or(e.dkim_aligned OR e.spf_aligned) AS passes, bool_and(coalesce(e.p = 'reject', false)) AS rejects,
           bool_or(j.side IN ('ours_fine', 'ours_broken', 'indirect') OR v.verdict = 'probable_service') AS sends
    FROM ({{judged}}) j JOIN verdict_evidence e USING (evidence_no) JOIN verdict_answer v USING (verdict_no)
    GROUP BY j.policy_domain, j.header_from
), parked AS (
    SELECT policy_domain FROM counted GROUP BY policy_domain HAVING NOT bool_or(passes) AND bool_and(rejects)
)
SELECT header_from, bool_or(policy_domain IN (FROM parked)) AS parked FROM counted
GROUP BY header_from HAVING NOT bool_or(passes OR sends) ORDER BY header_from
