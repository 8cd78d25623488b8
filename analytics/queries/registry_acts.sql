-- Purpose: all that people decided about who may send as them: for the list of the registry and its history.
-- Grain: one row per act, in the order in which they were done.
-- Parameters: none.
-- Columns: at_utc (TIMESTAMP, naive UTC); who, what, why (VARCHAR); then the entry as it is from then on:
--   entry_id, name, decision (VARCHAR); domains, rules (VARCHAR[]); owner, ticket, note (VARCHAR); critical (BOOLEAN);
--   valid_from, valid_to (DATE, included; NULL: open).
SELECT at_utc, who, what, why, entry_id, name, decision, domains, rules, owner, ticket, note, critical, valid_from, valid_to
FROM v_sender_act
ORDER BY act_no
