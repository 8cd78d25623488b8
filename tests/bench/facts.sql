-- Facts of an invented company, as rows of our own schema: how many is told by variables, everything else by a hash of the seed.
-- Reporters, domains and sources are as unequal as in life: the n-th has about 1/n of what the first has.
-- Variables: seed, reports, records, sources, days. Makes the tables plan (a row per report) and the macros that `facts.py` uses.

CREATE OR REPLACE TEMP MACRO u(a, b, salt) AS ((hash(a, b, salt, getvariable('seed')) >> 11)::DOUBLE / 9007199254740992.0);
CREATE OR REPLACE TEMP MACRO ranked(x, n) AS (floor(pow(n + 1, x))::BIGINT - 1);  -- 0 .. n - 1
CREATE OR REPLACE TEMP MACRO address(n) AS CASE WHEN hash(n, 'v6') % 100 < 12
    THEN format('2001:db8:{:x}:{:x}::{:x}', 1 + hash(n, 'net') % 60, 1 + hash(n, 'sub') % 4000, 1 + hash(n, 'host') % 60000)
    ELSE format('{}.{}.{}.{}', 11 + hash(n, 'a') % 180, hash(n, 'b') % 256, hash(n, 'c') % 256, 1 + hash(n, 'd') % 254) END;
CREATE OR REPLACE TEMP MACRO key(text) AS CAST(md5(text) AS UUID);

CREATE OR REPLACE TEMP TABLE plan AS
WITH drawn AS (
    SELECT i + 1 AS report_no, DATE '2025-01-01' + (i * getvariable('days') // getvariable('reports'))::INTEGER AS day,
           ranked(u(i, 0, 'reporter'), 40) AS reporter_no, ranked(u(i, 0, 'domain'), 20) AS domain_no
    FROM range(getvariable('reports')) t(i)
), weighed AS (
    SELECT *, (0.2 + u(report_no, 1, 'size')) / ((1 + reporter_no) * (1 + domain_no)) AS weight FROM drawn
)
SELECT * EXCLUDE (weight), format('domain{}.example', domain_no) AS policy_domain, format('reporter{}.example', reporter_no) AS reporter,
       greatest(1, round(getvariable('records') * weight / sum(weight) OVER ()))::BIGINT AS records,
       format('{}.{}', reporter_no, report_no) AS report_id, sha256(concat('report ', report_no)) AS payload_sha256
FROM weighed;

CREATE OR REPLACE TEMP MACRO facts(first_no, last_no) AS TABLE
WITH line AS (
    SELECT p.*, unnest(range(records)) AS i FROM plan p WHERE report_no BETWEEN first_no AND last_no
), sent AS (
    SELECT *, ranked(u(report_no, i, 'source'), getvariable('sources')) AS source_no, u(report_no, i, 'luck') AS luck FROM line
), known AS (
    SELECT *, CASE WHEN source_no < 4000 THEN hash(source_no, 'service') % 40 END AS service,
           CASE WHEN source_no >= 4000 AND hash(source_no, 'kind') % 4 = 0 THEN 'forwarder' END AS forwarder
    FROM sent
), judged AS (
    SELECT *, coalesce(hash(domain_no, service, 'dkim') % 100 < 80 AND luck < 0.98, forwarder IS NOT NULL AND luck < 0.7) AS dkim_ok,
           coalesce(hash(domain_no, service, 'spf') % 100 < 55 AND luck > 0.01, false) AS spf_ok
    FROM known
)
SELECT report_no, i::INTEGER AS record_index, address(source_no) AS source_ip, address(source_no) AS source_ip_raw,
       least(floor(1 / (0.00002 + u(report_no, i, 'messages') ** 2)), 50000)::BIGINT AS messages,
       CASE WHEN dkim_ok OR spf_ok OR domain_no % 3 = 0 THEN 'none' WHEN domain_no % 3 = 1 THEN 'quarantine' ELSE 'reject' END AS disposition,
       dkim_ok AS dkim_aligned, spf_ok AS spf_aligned,
       CASE WHEN hash(source_no, 'sub') % 20 = 0 THEN concat('news.', policy_domain) ELSE policy_domain END AS header_from,
       CASE WHEN reporter_no % 5 = 4 THEN NULL WHEN spf_ok THEN concat('bounce.', policy_domain)
            WHEN service IS NOT NULL THEN format('mail.service{}.example', service)
            ELSE format('host{}.example', source_no % 5000) END AS envelope_from,
       CASE WHEN reporter_no % 4 = 1 THEN format('customer{}.example', ranked(u(report_no, i, 'to'), 300)) END AS envelope_to,
       list_filter([
           CASE WHEN dkim_ok THEN {'domain': policy_domain, 'selector': format('s{}', coalesce(service % 4, 0)), 'result': 'pass', 'human_result': NULL::VARCHAR}
                WHEN luck < 0.3 AND service IS NULL
                THEN {'domain': policy_domain, 'selector': 's0', 'result': 'fail', 'human_result': CASE WHEN reporter_no % 7 = 0 THEN 'signature did not verify' END} END,
           CASE WHEN service % 3 = 0 THEN {'domain': format('service{}.example', service), 'selector': 'k1', 'result': 'pass', 'human_result': NULL} END,
           CASE WHEN service % 9 = 0 THEN {'domain': 'signer.example', 'selector': 'x2024', 'result': 'pass', 'human_result': NULL} END
       ], lambda one: one IS NOT NULL) AS dkim,
       [{'domain': CASE WHEN spf_ok THEN concat('bounce.', policy_domain) WHEN service IS NOT NULL THEN format('mail.service{}.example', service)
                        ELSE format('host{}.example', source_no % 5000) END,
         'scope': CASE WHEN reporter_no % 2 = 0 THEN 'mfrom' END,
         'result': CASE WHEN spf_ok OR service IS NOT NULL THEN 'pass' WHEN luck < 0.5 THEN 'softfail' WHEN luck < 0.8 THEN 'fail' ELSE 'none' END,
         'human_result': NULL::VARCHAR}] AS spf,
       CASE WHEN forwarder IS NOT NULL AND reporter_no % 3 = 0
            THEN [{'type': 'local_policy', 'comment': CASE WHEN luck < 0.5 THEN 'arc=pass as.1.relay.example=pass' END}]
            WHEN luck > 0.995 THEN [{'type': 'mailing_list', 'comment': format('list {}', source_no % 100)}] ELSE [] END AS reasons,
       []::VARCHAR[] AS flags
FROM judged;
