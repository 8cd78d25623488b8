-- Purpose: whether verdicts are those of the facts.
-- Grain: one row.
-- Parameters: $rule_version.
-- Columns: due (BOOLEAN, there are days whose cases changed), known (VARCHAR, what the verdicts of that version of the rules were made by; NULL: there are none).
SELECT EXISTS (FROM verdict_due) AS due, (SELECT known FROM verdict_state WHERE rule_version = $rule_version) AS known
