-- Purpose: what people decided about one payload.
-- Grain: one row per act, newest first.
-- Parameters: $payload_sha256.
-- Columns: see ledger.ACTS.
SELECT at_utc, who, what, why, fate_before, fate_after
FROM v_act
WHERE payload_sha256 = $payload_sha256
ORDER BY act_no DESC
