-- Purpose: from which day on records are kept; of earlier days there are only sums.
-- Grain: one row.
-- Parameters: none.
-- Columns: records_kept_from (DATE); NULL: all are kept.
SELECT max(before_day) AS records_kept_from
FROM v_prune
