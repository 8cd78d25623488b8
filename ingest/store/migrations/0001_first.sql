-- The first schema. Facts as delivered and as reported; knowledge about sources beside them.
-- All times are TIMESTAMP in UTC, named *_utc. Keys are UUIDs made from length-prefixed fields.

CREATE TABLE mail (
    mail_id      UUID PRIMARY KEY,       -- of (origin, mail_sha256)
    mail_sha256  VARCHAR NOT NULL,
    origin       VARCHAR NOT NULL,       -- mailbox/folder/uidvalidity/uid, or the path of a file
    mailbox      VARCHAR,
    folder       VARCHAR,
    uidvalidity  UBIGINT,
    uid          UBIGINT,
    message_id   VARCHAR,
    mail_from    VARCHAR,
    subject      VARCHAR,
    size_bytes   BIGINT NOT NULL,
    received_utc TIMESTAMP,
    ingested_utc TIMESTAMP NOT NULL,
    fate         VARCHAR NOT NULL,
    reason       VARCHAR NOT NULL
);

CREATE TABLE payload (
    mail_id        UUID NOT NULL,
    member         VARCHAR NOT NULL,     -- path inside the mail or archive; '' for a bare file
    payload_sha256 VARCHAR NOT NULL,     -- of the decompressed bytes
    size_bytes     BIGINT NOT NULL,
    kind           VARCHAR NOT NULL,
    fate           VARCHAR NOT NULL,
    reason         VARCHAR NOT NULL,
    xml_records    BIGINT,               -- counted in the raw XML, independently of parsedmarc
    xml_messages   BIGINT,
    records        BIGINT,               -- stored from it
    messages       BIGINT,
    PRIMARY KEY (mail_id, member)
);

CREATE TABLE report (
    report_no        BIGINT NOT NULL,    -- counts up in the order of storing: what records refer to
    payload_sha256   VARCHAR PRIMARY KEY,
    report_key       UUID NOT NULL,      -- of (reporter as sent, policy domain, report id, begin, end)
    reporter         VARCHAR NOT NULL,
    reporter_raw     VARCHAR,
    reporter_email   VARCHAR,
    contact          VARCHAR,
    report_id        VARCHAR NOT NULL,
    policy_domain    VARCHAR NOT NULL,
    begin_utc        TIMESTAMP NOT NULL,
    end_utc          TIMESTAMP NOT NULL,
    p                VARCHAR,
    sp               VARCHAR,
    np               VARCHAR,
    adkim            VARCHAR,
    aspf             VARCHAR,
    pct              INTEGER,
    fo               VARCHAR,
    testing          VARCHAR,
    discovery_method VARCHAR,
    generator        VARCHAR,
    format           VARCHAR NOT NULL,
    version          VARCHAR,
    namespace        VARCHAR,
    errors           VARCHAR[] NOT NULL,
    extensions       VARCHAR,
    flags            VARCHAR[] NOT NULL,
    records          BIGINT NOT NULL,
    messages         BIGINT NOT NULL,
    received_utc     TIMESTAMP NOT NULL, -- of its mail, else when it was ingested
    parser           VARCHAR NOT NULL,
    fate             VARCHAR NOT NULL
);

CREATE TABLE record (
    report_no      BIGINT NOT NULL,
    record_index   INTEGER NOT NULL,
    source_ip      VARCHAR,
    source_ip_raw  VARCHAR,
    messages       BIGINT NOT NULL,
    disposition    VARCHAR,
    dkim_aligned   BOOLEAN NOT NULL,
    spf_aligned    BOOLEAN NOT NULL,
    header_from    VARCHAR,
    envelope_from  VARCHAR,
    envelope_to    VARCHAR,
    dkim           STRUCT(domain VARCHAR, selector VARCHAR, result VARCHAR, human_result VARCHAR)[] NOT NULL,
    spf            STRUCT(domain VARCHAR, scope VARCHAR, result VARCHAR, human_result VARCHAR)[] NOT NULL,
    reasons        STRUCT(type VARCHAR, comment VARCHAR)[] NOT NULL,
    flags          VARCHAR[] NOT NULL
);

CREATE TABLE source (
    source_ip     VARCHAR PRIMARY KEY,
    reverse_name  VARCHAR,
    country       VARCHAR,
    asn           BIGINT,
    as_name       VARCHAR,
    as_domain     VARCHAR,
    service       VARCHAR,
    service_kind  VARCHAR,
    looked_up_utc TIMESTAMP NOT NULL,
    reverse_utc   TIMESTAMP              -- when reverse DNS was asked; NULL: never
);

CREATE VIEW v_mail AS
SELECT mail_sha256, origin, message_id, mail_from, received_utc, ingested_utc, fate, reason,
       mailbox, folder, uidvalidity, uid, subject, size_bytes, mail_id
FROM mail;

CREATE VIEW v_payload AS
SELECT p.payload_sha256, m.mail_sha256, m.origin, p.member, p.kind, p.fate, p.reason,
       p.xml_records, p.xml_messages, p.records, p.messages,
       p.size_bytes, m.received_utc, m.ingested_utc, p.mail_id
FROM payload p JOIN mail m USING (mail_id);

-- The UTC day a report counts for: that of the middle of its period, which is right for periods
-- that end at the next midnight and for days that are cut in another time zone.
CREATE VIEW v_report AS
SELECT report_key, payload_sha256, reporter, reporter_email, report_id, policy_domain, begin_utc, end_utc,
       p, sp, np, adkim, aspf, pct, fo, testing, discovery_method, generator, format, records, messages, fate,
       CAST(begin_utc + (end_utc - begin_utc) / 2 AS DATE) AS day,
       reporter_raw, contact, version, namespace, errors, extensions, flags, received_utc, parser, report_no
FROM report;

CREATE VIEW v_source AS
SELECT source_ip, reverse_name, country, asn, as_name, service, service_kind, looked_up_utc, as_domain, reverse_utc
FROM source;

-- Every stored record, whatever the fate of its report.
CREATE VIEW v_record_all AS
SELECT r.report_key, c.record_index, r.day, r.policy_domain, r.reporter, c.source_ip, c.messages,
       c.disposition, c.dkim_aligned, c.spf_aligned, (c.dkim_aligned OR c.spf_aligned) AS dmarc_pass,
       c.header_from, c.envelope_from, c.envelope_to, c.dkim, c.spf, c.reasons,
       s.reverse_name, s.country, s.asn, s.as_name, s.service, s.service_kind,
       len(list_filter(c.dkim, lambda x: x.result = 'pass')) > 0 AS dkim_pass,
       len(list_filter(c.spf, lambda x: x.result = 'pass')) > 0 AS spf_pass,
       c.source_ip_raw, c.flags, r.begin_utc, r.end_utc, r.p, r.sp, r.np, r.payload_sha256, r.report_id, r.fate
FROM record c
JOIN v_report r USING (report_no)
LEFT JOIN source s ON s.source_ip = c.source_ip;

-- What counts: the records of accepted reports.
CREATE VIEW v_record AS SELECT * EXCLUDE (fate) FROM v_record_all WHERE fate = 'accepted';
