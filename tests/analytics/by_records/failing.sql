-- Purpose: which mail fails DMARC, and why, with the evidence that most of it shows.
-- Grain: one row per service, header_from and cause with failing messages in the window; most failing first.
-- Parameters: $since, $until (DATE, included), $domain (policy domain, NULL: all), $limit (rows).
-- Columns: service, service_kind, header_from, cause (VARCHAR); failing, messages, total_failing, quarantined, rejected
--   (BIGINT, messages; `messages` of that service and header_from, `total_failing` of all rows, also those past $limit);
--   sources (BIGINT, addresses); dkim_domain, dkim_selector, dkim_result, spf_domain, spf_result (VARCHAR, the
--   combination with most failing messages of the row); first_seen, last_seen (DATE, of this failure over all data).
--
-- The reporter's alignment flags are the truth about pass and fail. Here d= (or the SPF domain) only needs to look
-- aligned, to tell a broken signature of ours from an intact one of somebody else: it equals header_from, or one is
-- the parent of the other (the parent has two labels or more), or both lie under the policy domain.
-- An approximation of RFC 9989 relaxed alignment: it needs no list of public suffixes.
WITH labelled AS ({{labelled}}),
failed AS (
    SELECT r.service, r.service_kind, r.header_from, r.source_ip, r.day, r.messages, r.disposition, r.spf_pass, r.dkim_pass,
           r.day BETWEEN $since AND $until AS inside,
           lower(if(r.header_from = '(no domain)', r.policy_domain, r.header_from)) AS hf, lower(r.policy_domain) AS pd,
           r.dkim, r.spf
    FROM labelled r
    WHERE NOT r.dmarc_pass
),
marked AS (
    SELECT f.*,
           list_filter(dkim, lambda x: {{looks_aligned}}) AS dkim_ours,
           list_filter(spf, lambda x: x.domain IS NULL OR ({{looks_aligned}})) AS spf_ours
    FROM failed f
),
judged AS (
    SELECT m.*,
           list_filter(dkim_ours, lambda x: x.result IN ('fail', 'permerror', 'neutral', 'policy')) AS broken,
           list_filter(dkim_ours, lambda x: x.result = 'temperror') AS dkim_later,
           list_filter(spf_ours, lambda x: x.result = 'temperror') AS spf_later
    FROM marked m
),
caused AS (
    SELECT j.*,
           CASE
               -- Our own signature is there and does not verify: key, selector or body. Before all others, because
               -- services often sign a second time for themselves, and that signature is intact.
               WHEN len(broken) > 0 THEN 'dkim_broken'
               -- A check that would have counted could not be made: nothing to repair unless it goes on.
               WHEN len(dkim_later) > 0 OR len(spf_later) > 0 THEN 'temporary'
               -- Authenticated, but as somebody else: by both, or by the only one that passed.
               WHEN dkim_pass AND spf_pass THEN 'not_aligned_both'
               WHEN dkim_pass THEN 'dkim_not_aligned'
               WHEN spf_pass THEN 'spf_not_aligned'
               ELSE 'no_authentication'
           END AS cause
    FROM judged j
),
shown AS (
    -- The one signature, and the one SPF check, that shows the cause; sorted, because reporters list them in any order.
    SELECT service, header_from, cause, messages,
           coalesce(list_sort(broken)[1], list_sort(dkim_later)[1],
                    list_sort(list_filter(dkim, lambda x: x.result = 'pass'))[1], list_sort(dkim)[1]) AS d,
           coalesce(list_sort(spf_later)[1], list_sort(list_filter(spf, lambda x: x.result = 'pass'))[1],
                    list_sort(list_filter(spf, lambda x: x.scope = 'mfrom'))[1], list_sort(spf)[1]) AS s
    FROM caused
    WHERE inside
),
combined AS (
    SELECT service, header_from, cause, d.domain AS dkim_domain, d.selector AS dkim_selector, d.result AS dkim_result,
           s.domain AS spf_domain, s.result AS spf_result, sum(messages) AS volume
    FROM shown
    GROUP BY ALL
),
evidence AS (
    SELECT c.*, row_number() OVER (
               PARTITION BY service, header_from, cause
               ORDER BY volume DESC, dkim_domain, dkim_selector, dkim_result, spf_domain, spf_result) AS place
    FROM combined c
),
grouped AS (
    SELECT service, header_from, cause, max(service_kind) AS service_kind,
           coalesce(sum(messages) FILTER (WHERE inside), 0)::BIGINT AS failing,
           count(DISTINCT source_ip) FILTER (WHERE inside) AS sources,
           coalesce(sum(messages) FILTER (WHERE inside AND disposition = 'quarantine'), 0)::BIGINT AS quarantined,
           coalesce(sum(messages) FILTER (WHERE inside AND disposition = 'reject'), 0)::BIGINT AS rejected,
           min(day) AS first_seen, max(day) AS last_seen
    FROM caused
    GROUP BY service, header_from, cause
    HAVING bool_or(inside)
),
volume AS (
    SELECT r.service, r.header_from, sum(r.messages)::BIGINT AS messages
    FROM labelled r
    WHERE r.day BETWEEN $since AND $until
    GROUP BY r.service, r.header_from
)
SELECT g.*, v.messages, sum(g.failing) OVER ()::BIGINT AS total_failing,
       e.dkim_domain, e.dkim_selector, e.dkim_result, e.spf_domain, e.spf_result
FROM grouped g
JOIN volume v USING (service, header_from)
JOIN evidence e ON e.service = g.service AND e.header_from = g.header_from AND e.cause = g.cause AND e.place = 1
ORDER BY g.failing DESC, g.service, g.header_from, g.cause
LIMIT $limit
