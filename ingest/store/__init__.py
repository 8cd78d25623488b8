"""The DuckDB file: gate, connection, migrations and the one writer."""
