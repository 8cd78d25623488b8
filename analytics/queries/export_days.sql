-- Purpose: how many records an export holds, day by day, to read them in pieces.
-- Grain: one row per day with accepted reports in the window whose records are kept, oldest first.
-- Parameters: $since, $until (DATE, included; NULL: no limit), $domain (policy domain, NULL: all).
-- Columns: day (DATE); records (BIGINT).
SELECT day, sum(records)::BIGINT AS records
FROM v_report
WHERE fate = 'accepted' AND records_kept
  AND ($since::DATE IS NULL OR day >= $since) AND ($until::DATE IS NULL OR day <= $until)
  AND ($domain::VARCHAR IS NULL OR policy_domain = $domain::VARCHAR)
GROUP BY day
ORDER BY day
