-- Sums of what accepted reports say, so that no page has to read records: the numbers of the pages are few, the records are many.
-- They are kept by ingest/store/sums.py in the transaction that changes the facts, and hold nothing that the facts do not say:
-- `sum_source_now` and `sum_reporter_now` compute them anew, and `whosends doctor --deep` compares.

ALTER TABLE report ADD COLUMN in_sums BOOLEAN DEFAULT false;   -- whether the sums hold this report; so it is when its fate is accepted

-- What repeats in millions of rows stands once here and is named by a number there. A row without a user is harmless and may stay.
CREATE TABLE sum_label (               -- who runs a source, as the pages say it; derived from `source`
    label_no     INTEGER NOT NULL,
    service_no   INTEGER NOT NULL,     -- one number for each name of a service: its smallest label_no
    service      VARCHAR NOT NULL,     -- service, else name of the network, else 'unknown network'
    named        BOOLEAN NOT NULL,     -- a known service, not a bare network
    service_kind VARCHAR
);

CREATE TABLE sum_address (
    address_no INTEGER NOT NULL,
    source_ip  VARCHAR,                -- NULL: records without a valid address
    label_no   INTEGER NOT NULL        -- follows `source`
);

CREATE TABLE sum_sender (
    sender_no     INTEGER NOT NULL,
    domain_no     INTEGER NOT NULL,    -- one number for each policy domain: its smallest sender_no
    policy_domain VARCHAR NOT NULL,
    header_from   VARCHAR              -- as reported
);

CREATE TABLE sum_outcome (
    outcome_no    INTEGER NOT NULL,
    dkim_aligned  BOOLEAN NOT NULL,
    spf_aligned   BOOLEAN NOT NULL,
    dkim_pass     BOOLEAN NOT NULL,
    spf_pass      BOOLEAN NOT NULL,
    disposition   VARCHAR,
    cause         VARCHAR,             -- why DMARC failed; NULL: it passed, and then there is no evidence either
    dkim_domain   VARCHAR,             -- the one signature that shows it
    dkim_selector VARCHAR,
    dkim_result   VARCHAR,
    spf_domain    VARCHAR,             -- the one SPF check that shows it
    spf_result    VARCHAR
);

CREATE TABLE sum_source (              -- one row per day, sender, address and outcome that accepted records have
    day        DATE NOT NULL,          -- that of v_report
    sender_no  INTEGER NOT NULL,
    address_no INTEGER NOT NULL,
    outcome_no INTEGER NOT NULL,
    messages   BIGINT NOT NULL,
    records    BIGINT NOT NULL         -- at least 1
);

CREATE TABLE sum_seen (                -- one row per sender, address and cause that sum_source has
    sender_no  INTEGER NOT NULL,
    address_no INTEGER NOT NULL,
    cause      VARCHAR,                -- NULL: passed
    first_day  DATE NOT NULL,
    last_day   DATE NOT NULL
);

CREATE TABLE sum_reporter (            -- the same messages without their sources, but with who reported them
    day           DATE NOT NULL,
    policy_domain VARCHAR NOT NULL,
    reporter      VARCHAR NOT NULL,
    dkim_aligned  BOOLEAN NOT NULL,
    spf_aligned   BOOLEAN NOT NULL,
    dkim_pass     BOOLEAN NOT NULL,
    spf_pass      BOOLEAN NOT NULL,
    disposition   VARCHAR,
    messages      BIGINT NOT NULL,
    records       BIGINT NOT NULL
);

-- x.domain against header_from (hf) and the policy domain (pd) of a record, both in lower case. It only needs to look aligned, to tell a
-- broken signature of ours from an intact one of somebody else: it equals header_from, or one is the parent of the other (the parent has
-- two labels or more), or both lie under the policy domain. An approximation of RFC 9989 relaxed alignment: it needs no list of public suffixes.
CREATE MACRO looks_aligned(domain, hf, pd) AS
    lower(domain) = hf
    OR (contains(domain, '.') AND ends_with(hf, concat('.', lower(domain))))
    OR (contains(hf, '.') AND ends_with(lower(domain), concat('.', hf)))
    OR (ends_with(concat('.', lower(domain)), concat('.', pd)) AND ends_with(concat('.', hf), concat('.', pd)));

-- Every stored record, whatever the fate of its report, with what the sums keep of it.
-- The reporter's alignment flags are the truth about pass and fail; results are looked at only where both say no.
CREATE VIEW record_outcome AS
WITH results AS (
    SELECT c.report_no, r.day, r.policy_domain, r.reporter, c.header_from, c.source_ip, c.messages,
           c.dkim_aligned, c.spf_aligned, c.disposition,
           len(list_filter(c.dkim, lambda x: x.result = 'pass')) > 0 AS dkim_pass,
           len(list_filter(c.spf, lambda x: x.result = 'pass')) > 0 AS spf_pass,
           c.dkim_aligned OR c.spf_aligned AS dmarc_pass,
           if(c.dkim_aligned OR c.spf_aligned, [], c.dkim) AS dkim, if(c.dkim_aligned OR c.spf_aligned, [], c.spf) AS spf,
           lower(if(coalesce(c.header_from, '') IN ('', '(no domain)'), r.policy_domain, c.header_from)) AS hf,
           lower(r.policy_domain) AS pd
    FROM record c
    JOIN v_report r USING (report_no)
), marked AS (
    SELECT r.*, list_filter(dkim, lambda x: looks_aligned(x.domain, hf, pd)) AS dkim_ours,
           list_filter(spf, lambda x: x.domain IS NULL OR looks_aligned(x.domain, hf, pd)) AS spf_ours
    FROM results r
), judged AS (
    SELECT m.*,
           list_filter(dkim_ours, lambda x: x.result IN ('fail', 'permerror', 'neutral', 'policy')) AS broken,
           list_filter(dkim_ours, lambda x: x.result = 'temperror') AS dkim_later,
           list_filter(spf_ours, lambda x: x.result = 'temperror') AS spf_later
    FROM marked m
), caused AS (
    SELECT j.*,
           CASE
               WHEN dmarc_pass THEN NULL
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
           END AS cause,
           -- The one signature, and the one SPF check, that shows the cause; sorted, because reporters list them in any order.
           coalesce(list_sort(broken)[1], list_sort(dkim_later)[1],
                    list_sort(list_filter(dkim, lambda x: x.result = 'pass'))[1], list_sort(dkim)[1]) AS d,
           coalesce(list_sort(spf_later)[1], list_sort(list_filter(spf, lambda x: x.result = 'pass'))[1],
                    list_sort(list_filter(spf, lambda x: x.scope = 'mfrom'))[1], list_sort(spf)[1]) AS s
    FROM judged j
)
SELECT report_no, day, policy_domain, reporter, header_from, source_ip, dkim_aligned, spf_aligned, dkim_pass, spf_pass, disposition,
       cause, d.domain AS dkim_domain, d.selector AS dkim_selector, d.result AS dkim_result, s.domain AS spf_domain, s.result AS spf_result,
       messages
FROM caused;

-- What the sums should hold, from the facts.
CREATE VIEW sum_source_now AS
SELECT o.* EXCLUDE (report_no, reporter, messages), sum(o.messages)::BIGINT AS messages, count(*) AS records
FROM record_outcome o JOIN report USING (report_no) WHERE fate = 'accepted' GROUP BY ALL;

CREATE VIEW sum_reporter_now AS
SELECT o.day, o.policy_domain, o.reporter, o.dkim_aligned, o.spf_aligned, o.dkim_pass, o.spf_pass, o.disposition,
       sum(o.messages)::BIGINT AS messages, count(*) AS records
FROM record_outcome o JOIN report USING (report_no) WHERE fate = 'accepted' GROUP BY ALL;

CREATE VIEW address_label AS
SELECT a.address_no, a.source_ip, coalesce(nullif(s.service, ''), nullif(s.as_name, ''), 'unknown network') AS service,
       coalesce(s.service, '') <> '' AS named, s.service_kind
FROM sum_address a LEFT JOIN source s USING (source_ip);

-- What the sums hold, in words.
CREATE VIEW v_sum_source AS
SELECT t.day, d.policy_domain, d.header_from, a.source_ip, o.* EXCLUDE (outcome_no), t.messages, t.records
FROM sum_source t JOIN sum_sender d USING (sender_no) JOIN sum_address a USING (address_no) JOIN sum_outcome o USING (outcome_no);

CREATE VIEW v_sum_reporter AS
SELECT day, policy_domain, reporter, dkim_aligned, spf_aligned, dkim_pass, spf_pass, disposition, messages, records FROM sum_reporter;

CREATE VIEW v_seen AS
SELECT d.policy_domain, d.header_from, a.source_ip, t.cause, t.first_day, t.last_day
FROM sum_seen t JOIN sum_sender d USING (sender_no) JOIN sum_address a USING (address_no);
