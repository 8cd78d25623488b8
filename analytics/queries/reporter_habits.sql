-- Purpose: how regularly who reported on which domain, up to its newest day.
-- Grain: one row per reporter and policy_domain; only accepted reports.
-- Parameters: $since, $until (DATE, included), $domain (NULL: all), $regular_days (how many days up to the newest one count).
-- Columns: reporter, policy_domain (VARCHAR); last (DATE, its newest day); days (DATE[], of the $regular_days up to it, those with a
--   report); messages (BIGINT, of these days); lag_s (DOUBLE, from the end of the period to the mail: 95 of 100 days took no longer).
WITH daily AS (
    SELECT reporter, policy_domain, day, sum(messages)::BIGINT AS messages, max(epoch(received_utc) - epoch(end_utc)) AS lag_s
    FROM v_report
    WHERE fate = 'accepted' AND day BETWEEN $since AND $until AND ($domain::VARCHAR IS NULL OR policy_domain = $domain::VARCHAR)
    GROUP BY reporter, policy_domain, day
),
recent AS (
    SELECT *, max(day) OVER (PARTITION BY reporter, policy_domain) AS last
    FROM daily
    QUALIFY day > last - $regular_days::INTEGER
)
SELECT reporter, policy_domain, last, list(day) AS days, sum(messages)::BIGINT AS messages, quantile_cont(lag_s, 0.95) AS lag_s
FROM recent
GROUP BY reporter, policy_domain, last
ORDER BY reporter, policy_domain
