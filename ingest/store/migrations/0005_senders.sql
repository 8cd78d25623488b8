-- What people decided about who may send as them. Append-only: each line is the whole state of an entry after the act; the last one counts.

CREATE TABLE sender_act (
    act_no     BIGINT PRIMARY KEY,   -- counts up
    at_utc     TIMESTAMP NOT NULL,
    who        VARCHAR NOT NULL,
    what       VARCHAR NOT NULL,     -- approve, deny, ignore, edit or retire
    why        VARCHAR NOT NULL,
    entry_id   VARCHAR NOT NULL,
    name       VARCHAR NOT NULL,
    decision   VARCHAR NOT NULL,     -- approve, deny or ignore
    domains    VARCHAR[] NOT NULL,   -- of header_from, or only '*'
    rules      VARCHAR[] NOT NULL,   -- KIND:VALUE!PROOF
    owner      VARCHAR NOT NULL,
    ticket     VARCHAR NOT NULL,
    note       VARCHAR NOT NULL,
    critical   BOOLEAN NOT NULL,
    valid_from DATE,                 -- first UTC day; NULL: since ever
    valid_to   DATE                  -- last UTC day; NULL: for ever
);

CREATE VIEW v_sender_act AS
SELECT act_no, at_utc, who, what, why, entry_id, name, decision, domains, rules, owner, ticket, note, critical, valid_from, valid_to
FROM sender_act;

CREATE VIEW v_sender AS
SELECT entry_id, name, decision, domains, rules, owner, ticket, note, critical, valid_from, valid_to,
       at_utc AS changed_utc, who AS changed_by, what AS changed_how, why AS changed_why
FROM sender_act QUALIFY row_number() OVER (PARTITION BY entry_id ORDER BY act_no DESC) = 1;
