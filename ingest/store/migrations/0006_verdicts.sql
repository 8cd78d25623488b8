-- What verdicts are made from, and what they are, so that no page has to judge: kept by ingest/store/cases.py and verdicts.py.
-- A case is what accepted records of one day, source and evidence say together. Cases of days whose records are gone stay.

CREATE TABLE verdict_evidence (        -- what receivers saw in a mail; each combination stands once and has a number
    evidence_no    INTEGER NOT NULL,
    policy_domain  VARCHAR NOT NULL,
    header_from    VARCHAR NOT NULL,   -- in lower case; the policy domain where none was reported
    envelope_from  VARCHAR,            -- in lower case; '': null sender; NULL: not reported
    dkim_aligned   BOOLEAN NOT NULL,   -- as the reporter evaluated it
    spf_aligned    BOOLEAN NOT NULL,
    p              VARCHAR,            -- policy of the policy domain, as the reporter saw it
    our_domain     VARCHAR,            -- the signature of header_from's own domain that says most: pass before broken before temperror
    our_selector   VARCHAR,
    our_result     VARCHAR,
    other_domain   VARCHAR,            -- a passing signature of another domain
    other_selector VARCHAR,
    spf_domain     VARCHAR,            -- the SPF check that says most: pass first, then mfrom
    spf_scope      VARCHAR,
    spf_result     VARCHAR,
    override       VARCHAR NOT NULL,   -- reasons of the reporter, sorted, joined by a space; `arc` for a local_policy that says arc=pass
    dkim           STRUCT(domain VARCHAR, selector VARCHAR, result VARCHAR)[] NOT NULL,
    spf            STRUCT(domain VARCHAR, scope VARCHAR, result VARCHAR)[] NOT NULL
);

CREATE TABLE verdict_reporters (       -- who said so; each set of reporters stands once and has a number
    reporters_no INTEGER NOT NULL,
    reporters    VARCHAR[] NOT NULL    -- sorted
);

CREATE TABLE verdict_answer (          -- what a rule said; each combination stands once and has a number
    verdict_no   INTEGER NOT NULL,
    rule_version INTEGER NOT NULL,     -- of the whole list of rules
    rule_id      VARCHAR NOT NULL,
    verdict      VARCHAR NOT NULL,
    kind         VARCHAR NOT NULL,
    side         VARCHAR NOT NULL,
    confidence   VARCHAR NOT NULL,
    service_id   VARCHAR,              -- of the catalogue of services
    entry_id     VARCHAR,              -- of the registry of senders
    act_no       BIGINT                -- the opinion of a person that stands in place of what the rules say; then rule_id is the rule that gives that verdict elsewhere
);

CREATE TABLE verdict_day (             -- the cases of each day, and their verdicts. A case may stand in several rows
    rule_version    INTEGER NOT NULL,  -- older versions stay as they were when a newer one came
    day             DATE NOT NULL,
    address_no      INTEGER NOT NULL,  -- of sum_address
    evidence_no     INTEGER NOT NULL,
    reporters_no    INTEGER NOT NULL,
    verdict_no      INTEGER NOT NULL,  -- 0: not judged yet
    messages        BIGINT NOT NULL,
    quarantined     BIGINT NOT NULL,   -- messages that failed DMARC and were quarantined
    rejected        BIGINT NOT NULL,   -- messages that failed DMARC and were rejected
    stopped         BIGINT NOT NULL,   -- messages for whose header_from the published policy, as that reporter saw it, asks quarantine or reject
    stopped_missing BIGINT NOT NULL,   -- the same if header_from does not exist in DNS
    records         BIGINT NOT NULL
);

CREATE TABLE verdict_due (day DATE NOT NULL);  -- days whose cases or verdicts are not those of the facts any more; a day may stand twice

CREATE TABLE verdict_state (           -- one row per version of the rules that judged
    rule_version INTEGER NOT NULL,
    known        VARCHAR NOT NULL,     -- hash of all else that verdicts depend on: registry, catalogue, opinions
    at_utc       TIMESTAMP NOT NULL
);

INSERT INTO verdict_due SELECT DISTINCT day FROM sum_source;

-- What a published policy asks for: `eased` is t=y or pct=0, for which one step less is asked.
CREATE MACRO policy_stops(policy, eased) AS coalesce(policy = 'reject' OR (policy = 'quarantine' AND NOT eased), false);

-- What is kept of every result, whatever the order and case in which a reporter lists them.
CREATE MACRO plain_dkim(dkim) AS
    list_sort(list_distinct(list_transform(dkim, lambda x: {'domain': lower(x.domain), 'selector': x.selector, 'result': x.result})));
CREATE MACRO plain_spf(spf) AS
    list_sort(list_distinct(list_transform(spf, lambda x: {'domain': lower(x.domain), 'scope': x.scope, 'result': x.result})));
CREATE MACRO plain_override(reasons) AS
    coalesce(array_to_string(list_sort(list_distinct(list_transform(reasons, lambda x:
        CASE WHEN x.type = 'local_policy' AND regexp_matches(coalesce(x.comment, ''), 'arc\s*=\s*pass', 'i') THEN 'arc' ELSE x.type END))), ' '), '');
CREATE MACRO header_from_of(header_from, policy_domain) AS
    lower(if(coalesce(header_from, '') IN ('', '(no domain)'), policy_domain, header_from));

-- The signatures and the SPF check that say most; hf and pd as for looks_aligned.
CREATE MACRO own_signature(dkim, hf, pd) AS
    list_sort(list_transform(list_filter(dkim, lambda x: looks_aligned(x.domain, hf, pd)), lambda x:
        {'rank': CASE x.result WHEN 'pass' THEN 0 WHEN 'temperror' THEN 2 WHEN 'none' THEN 3 ELSE 1 END,
         'd': lower(x.domain), 's': x.selector, 'r': x.result}))[1];
CREATE MACRO other_signature(dkim, hf, pd) AS
    list_sort(list_filter(dkim, lambda x: x.result = 'pass' AND NOT coalesce(looks_aligned(x.domain, hf, pd), false)))[1];
CREATE MACRO best_check(spf) AS
    list_sort(list_transform(spf, lambda x: {'rank': CASE WHEN x.result = 'pass' THEN 0 WHEN x.scope IS DISTINCT FROM 'helo' THEN 1 ELSE 2 END,
                                             'd': lower(x.domain), 'c': x.scope, 'r': x.result}))[1];

-- Evidence of every stored record, as `verdict_evidence` holds it, without numbers.
CREATE VIEW record_evidence AS
SELECT c.report_no, c.record_index, r.day, c.source_ip, r.policy_domain, header_from_of(c.header_from, r.policy_domain) AS header_from,
       lower(c.envelope_from) AS envelope_from, c.dkim_aligned, c.spf_aligned, lower(r.p) AS p,
       plain_dkim(c.dkim) AS dkim, plain_spf(c.spf) AS spf, plain_override(c.reasons) AS override
FROM record c JOIN v_report r USING (report_no);

-- The current verdicts in words.
CREATE VIEW v_verdict AS
SELECT t.day, e.policy_domain, e.header_from, a.source_ip, l.service, l.service_kind, v.side, v.verdict, v.kind, v.rule_id, v.rule_version,
       v.confidence, v.service_id, v.entry_id, v.act_no, e.* EXCLUDE (evidence_no, policy_domain, header_from), p.reporters,
       t.messages, t.quarantined, t.rejected, t.stopped, t.stopped_missing, t.records
FROM verdict_day t
JOIN verdict_evidence e USING (evidence_no)
JOIN verdict_answer v USING (verdict_no)
JOIN sum_address a USING (address_no)
JOIN sum_label l USING (label_no)
JOIN verdict_reporters p USING (reporters_no)
WHERE t.rule_version = (SELECT max(rule_version) FROM verdict_state);
