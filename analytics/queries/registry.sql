-- Purpose: what people decided about who may send as them.
-- Grain: one row per entry, by its id: its last state among the acts up to a day.
-- Parameters: $as_of (DATE, included, UTC; NULL: all acts).
-- Columns: entry_id, name, decision (VARCHAR); domains, rules (VARCHAR[]); owner, ticket, note (VARCHAR); critical (BOOLEAN);
--   valid_from, valid_to (DATE, included; NULL: open).
SELECT entry_id, name, decision, domains, rules, owner, ticket, note, critical, valid_from, valid_to
FROM v_sender_act
WHERE $as_of::DATE IS NULL OR at_utc < $as_of::DATE + INTERVAL 1 DAY
QUALIFY row_number() OVER (PARTITION BY entry_id ORDER BY act_no DESC) = 1
ORDER BY entry_id
