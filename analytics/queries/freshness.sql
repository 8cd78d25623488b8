-- Purpose: how far the data reaches.
-- Grain: one row. Only accepted reports.
-- Parameters: none.
-- Columns: first_day, last_day (DATE); newest_received_utc (TIMESTAMP); reports, reporters (BIGINT);
--   domains (VARCHAR[], policy domains, most messages first). NULL, 0 and empty when there is no report.
WITH accepted AS (SELECT * FROM v_report WHERE fate = 'accepted'),
domain AS (SELECT policy_domain, sum(messages) AS messages FROM accepted GROUP BY policy_domain)
SELECT min(day) AS first_day, max(day) AS last_day, max(received_utc) AS newest_received_utc,
       count(*) AS reports, count(DISTINCT reporter) AS reporters,
       (SELECT list(policy_domain ORDER BY messages DESC, policy_domain) FROM domain) AS domains
FROM accepted
