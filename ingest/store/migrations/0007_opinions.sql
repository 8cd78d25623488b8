-- What people say about verdicts. Append-only; the last act about a subject, of overrides or of mutes, counts.

CREATE TABLE opinion_act (
    act_no         BIGINT PRIMARY KEY,  -- counts up
    at_utc         TIMESTAMP NOT NULL,
    who            VARCHAR NOT NULL,
    what           VARCHAR NOT NULL,    -- override, mute, withdraw_override or withdraw_mute
    why            VARCHAR NOT NULL,
    subject_by     VARCHAR NOT NULL,    -- source, service, network, country, envelope, pattern or name
    subject_value  VARCHAR NOT NULL,
    subject_domain VARCHAR NOT NULL,    -- of header_from, with all below it; or '*'
    verdict        VARCHAR NOT NULL,    -- of an override: verdict.kind; else empty
    until          DATE                 -- last UTC day of mail for which it holds; NULL: for ever
);

CREATE VIEW v_opinion_act AS
SELECT act_no, at_utc, who, what, why, subject_by, subject_value, subject_domain, verdict, until
FROM opinion_act;

CREATE VIEW v_opinion AS
SELECT act_no, at_utc, who, what, why, subject_by, subject_value, subject_domain, verdict, until
FROM (
    SELECT * FROM opinion_act QUALIFY row_number() OVER (
        PARTITION BY what IN ('override', 'withdraw_override'), subject_by, subject_value, subject_domain ORDER BY act_no DESC
    ) = 1
)
WHERE what IN ('override', 'mute');
