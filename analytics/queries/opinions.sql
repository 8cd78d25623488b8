-- Purpose: what people say about verdicts, and have not taken back.
-- Grain: one row per override or mute in force, in the order in which they were said.
-- Parameters: $what (VARCHAR, override or mute).
-- Columns: those of v_opinion.
SELECT * FROM v_opinion WHERE what = $what ORDER BY act_no
