-- How far a report is to be believed, what people decided, and mails that could not be read again and again.

ALTER TABLE report ADD COLUMN trust TINYINT;            -- 0 forged .. 3 proven and known; NULL: stored before trust was judged
ALTER TABLE report ADD COLUMN trust_evidence VARCHAR;   -- JSON: what the level rests on

CREATE TABLE act (
    act_no         BIGINT PRIMARY KEY,   -- counts up
    at_utc         TIMESTAMP NOT NULL,
    who            VARCHAR NOT NULL,
    what           VARCHAR NOT NULL,     -- accept or reject
    payload_sha256 VARCHAR NOT NULL,
    why            VARCHAR NOT NULL,
    fate_before    VARCHAR NOT NULL,
    fate_after     VARCHAR NOT NULL
);

CREATE TABLE parked (
    origin      VARCHAR PRIMARY KEY,     -- mailbox/folder/uidvalidity/uid, or the path of a file
    mailbox     VARCHAR,
    folder      VARCHAR,
    uidvalidity UBIGINT,
    uid         UBIGINT,
    attempts    INTEGER NOT NULL,        -- how often it failed; not tried any more from 3 on
    error       VARCHAR NOT NULL,        -- the last time
    last_utc    TIMESTAMP NOT NULL
);

CREATE VIEW v_act AS SELECT act_no, at_utc, who, what, payload_sha256, why, fate_before, fate_after FROM act;

CREATE VIEW v_parked AS SELECT origin, attempts, error, last_utc, mailbox, folder, uidvalidity, uid FROM parked;

CREATE OR REPLACE VIEW v_report AS
SELECT report_key, payload_sha256, reporter, reporter_email, report_id, policy_domain, begin_utc, end_utc,
       p, sp, np, adkim, aspf, pct, fo, testing, discovery_method, generator, format, records, messages, fate,
       CAST(begin_utc + (end_utc - begin_utc) / 2 AS DATE) AS day,
       reporter_raw, contact, version, namespace, errors, extensions, flags, received_utc, parser, report_no,
       trust, trust_evidence
FROM report;

CREATE OR REPLACE VIEW v_record_all AS
SELECT r.report_key, c.record_index, r.day, r.policy_domain, r.reporter, c.source_ip, c.messages,
       c.disposition, c.dkim_aligned, c.spf_aligned, (c.dkim_aligned OR c.spf_aligned) AS dmarc_pass,
       c.header_from, c.envelope_from, c.envelope_to, c.dkim, c.spf, c.reasons,
       s.reverse_name, s.country, s.asn, s.as_name, s.service, s.service_kind,
       len(list_filter(c.dkim, lambda x: x.result = 'pass')) > 0 AS dkim_pass,
       len(list_filter(c.spf, lambda x: x.result = 'pass')) > 0 AS spf_pass,
       c.source_ip_raw, c.flags, r.begin_utc, r.end_utc, r.p, r.sp, r.np, r.payload_sha256, r.report_id, r.trust, r.fate
FROM record c
JOIN v_report r USING (report_no)
LEFT JOIN source s ON s.source_ip = c.source_ip;

CREATE OR REPLACE VIEW v_record AS SELECT * EXCLUDE (fate) FROM v_record_all WHERE fate = 'accepted';

-- How a report's messages belong to UTC days: all of them to the day in the middle of its period, up to 26 hours (which is right for
-- periods that end at the next midnight and for days cut in another time zone); longer periods are spread by overlap, in fractions.
CREATE VIEW v_report_day AS
WITH span AS (
    SELECT report_no, begin_utc, end_utc, day, epoch(end_utc) - epoch(begin_utc) AS seconds FROM v_report
    WHERE fate = 'accepted'
), days AS (
    SELECT report_no, begin_utc, end_utc, seconds,
           unnest(generate_series(CAST(begin_utc AS DATE)::TIMESTAMP, CAST(end_utc AS DATE)::TIMESTAMP, INTERVAL 1 DAY)) AS midnight
    FROM span WHERE seconds > 26 * 3600
), shares AS (
    SELECT report_no, CAST(midnight AS DATE) AS day,
           (least(epoch(end_utc), epoch(midnight) + 86400) - greatest(epoch(begin_utc), epoch(midnight))) / seconds AS share
    FROM days
)
SELECT report_no, day, 1.0::DOUBLE AS share, 'midpoint' AS basis FROM span WHERE seconds <= 26 * 3600
UNION ALL
SELECT report_no, day, share::DOUBLE, 'prorated' FROM shares WHERE share > 0;

-- The records of accepted reports by attributed day. messages are fractions where a period was spread; the day with the largest share
-- takes what rounding leaves, so that their sum is exactly what was reported and no day gets less than nothing.
CREATE VIEW v_record_day AS
WITH spread AS (
    SELECT c.report_no, c.record_index, d.day, d.basis, c.messages AS reported,
           CAST(c.messages * d.share AS DECIMAL(24, 6)) AS rounded,
           row_number() OVER (PARTITION BY c.report_no, c.record_index ORDER BY d.share DESC, d.day) AS from_largest,
           sum(CAST(c.messages * d.share AS DECIMAL(24, 6))) OVER (PARTITION BY c.report_no, c.record_index) AS total
    FROM record c JOIN v_report_day d USING (report_no)
)
SELECT r.report_key, s.record_index, s.day, s.basis,
       CASE WHEN s.from_largest = 1 THEN s.rounded + (s.reported - s.total) ELSE s.rounded END AS messages
FROM spread s JOIN report r USING (report_no)
WHERE r.fate = 'accepted';

-- Reports of one reporter about one domain whose periods meet: `parallel` when they are the same (several systems, or two policies in one day),
-- `overlap` when they only share a part. Both are counted; this is where to look when a volume seems too large.
CREATE VIEW v_meeting AS
SELECT a.report_key, b.report_key AS other_key, a.reporter, a.policy_domain, a.report_id, b.report_id AS other_id, a.begin_utc, a.end_utc,
       CASE WHEN a.begin_utc = b.begin_utc AND a.end_utc = b.end_utc THEN 'parallel' ELSE 'overlap' END AS kind,
       a.messages, b.messages AS other_messages
FROM report a
JOIN report b ON a.reporter = b.reporter AND a.policy_domain = b.policy_domain AND a.report_no < b.report_no
             AND a.begin_utc < b.end_utc AND b.begin_utc < a.end_utc AND a.report_key <> b.report_key
WHERE a.fate = 'accepted' AND b.fate = 'accepted';
