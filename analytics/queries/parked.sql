-- Purpose: mails that failed again and again.
-- Grain: one row per mail, newest failure first.
-- Parameters: none.
-- Columns: see ledger.PARKED.
SELECT origin, attempts, error, last_utc
FROM v_parked
ORDER BY last_utc DESC, origin
