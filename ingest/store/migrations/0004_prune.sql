-- Old records may go while the sums of their days stay. What was decided about that is kept for ever, as acts are.

ALTER TABLE report ADD COLUMN pruned_content UUID;   -- NULL: its records are here; else they are gone, and this is the hash of what they said

CREATE TABLE prune (
    prune_no   BIGINT PRIMARY KEY,    -- counts up
    at_utc     TIMESTAMP NOT NULL,
    who        VARCHAR NOT NULL,
    before_day DATE NOT NULL,         -- records of earlier days are not kept
    reports    BIGINT NOT NULL,       -- whose records went then
    records    BIGINT NOT NULL
);

CREATE VIEW v_prune AS SELECT prune_no, at_utc, who, before_day, reports, records FROM prune;

-- One row. Days before `day` are closed: what counts there is in the sums, and cannot be taken out of them again.
CREATE VIEW closed_before AS SELECT coalesce(max(before_day), DATE '-infinity') AS day FROM prune;

CREATE OR REPLACE VIEW v_report AS
SELECT report_key, payload_sha256, reporter, reporter_email, report_id, policy_domain, begin_utc, end_utc,
       p, sp, np, adkim, aspf, pct, fo, testing, discovery_method, generator, format, records, messages, fate,
       CAST(begin_utc + (end_utc - begin_utc) / 2 AS DATE) AS day,
       reporter_raw, contact, version, namespace, errors, extensions, flags, received_utc, parser, report_no,
       trust, trust_evidence, pruned_content IS NULL AS records_kept
FROM report;
