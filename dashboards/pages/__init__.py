"""The pages: inputs, one call of analytics, a chart and a table. No SQL and no arithmetic."""
