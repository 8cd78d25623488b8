"""The sums follow the facts: whatever changes which reports are accepted, the sums of every commit are those of accepted records.

No caller says what changed. Every report remembers whether the sums hold it (`in_sums`), and before a commit those whose fate says
something else are added or taken away. Where records are gone (`prune`), the sums are all that is left of them and stay. What that costs depends on these reports, not on how many are stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.store import cases

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    import duckdb

    from ingest.store.connect import Database

PIECE_RECORDS = 2_000_000  # added at a time: bounds the memory, for instance of the first time
_UNUSED = (  # everything but what closed days need
    "DELETE FROM sum_source WHERE day >= (SELECT day FROM closed_before)",
    "DELETE FROM sum_reporter WHERE day >= (SELECT day FROM closed_before)",
    "DELETE FROM sum_seen",
    "DELETE FROM sum_outcome WHERE outcome_no NOT IN (SELECT outcome_no FROM sum_source)",
    """DELETE FROM sum_sender WHERE domain_no NOT IN (SELECT domain_no FROM sum_sender SEMI JOIN sum_source USING (sender_no))""",
    """DELETE FROM sum_address WHERE address_no NOT IN (SELECT address_no FROM sum_source)
       AND address_no NOT IN (SELECT address_no FROM verdict_day)""",
    """DELETE FROM sum_label WHERE service_no NOT IN (SELECT service_no FROM sum_label SEMI JOIN sum_address USING (label_no))""",
)

_MOVED = """
CREATE OR REPLACE TEMP TABLE sum_moved AS
SELECT report_no, if(in_sums, -1, 1) AS sign, ((sum(records) OVER (ORDER BY report_no)) // $1)::BIGINT AS piece
FROM report
WHERE in_sums <> (fate = 'accepted') AND pruned_content IS NULL
"""
_DELTA = """
CREATE OR REPLACE TEMP TABLE sum_delta AS
SELECT o.* EXCLUDE (report_no, messages), sum(m.sign * o.messages)::BIGINT AS messages, sum(m.sign)::BIGINT AS records
FROM record_outcome o JOIN sum_moved m USING (report_no)
WHERE m.piece = $1 AND o.report_no BETWEEN $2 AND $3
GROUP BY ALL
HAVING sum(m.sign * o.messages) <> 0 OR sum(m.sign) <> 0
"""
_OUTCOME = (
    *("dkim_aligned", "spf_aligned", "dkim_pass", "spf_pass", "disposition", "cause"),
    *("dkim_domain", "dkim_selector", "dkim_result", "spf_domain", "spf_result"),
)
_PATTERN = ("day", "policy_domain", "reporter", *_OUTCOME[:5])


@dataclass(frozen=True, slots=True)
class _Names:
    """A table that gives numbers to combinations of texts, and perhaps one number to all rows that agree in the first of them."""

    table: str
    number: str
    columns: tuple[str, ...]
    family: str = ""


_SENDERS = _Names("sum_sender", "sender_no", ("policy_domain", "header_from"), "domain_no")
_OUTCOMES = _Names("sum_outcome", "outcome_no", _OUTCOME)
_LABELS = _Names("sum_label", "label_no", ("service", "named", "service_kind"), "service_no")


def follow(connection: duckdb.DuckDBPyConnection) -> None:
    """The sums hold every accepted report once and no other, inside the transaction of the caller."""
    connection.execute(_MOVED, [PIECE_RECORDS])
    pieces = connection.execute(
        "SELECT piece, min(report_no), max(report_no) FROM sum_moved GROUP BY piece ORDER BY piece"
    ).fetchall()
    for piece in pieces:
        connection.execute(_DELTA, list(piece))
        _number(connection)
        _merge(connection, "sum_reporter", _PATTERN, "sum_delta")
        _merge(connection, "sum_source", ("day", "sender_no", "address_no", "outcome_no"), "sum_numbered")
        _see(connection)
    if pieces:
        cases.mark(connection, "SELECT day FROM v_report JOIN sum_moved USING (report_no)")
        connection.execute(
            "UPDATE report SET in_sums = NOT in_sums WHERE report_no IN (SELECT report_no FROM sum_moved)"
        )


def _number(connection: duckdb.DuckDBPyConnection) -> None:
    """`sum_numbered` is `sum_delta` without reporters, in numbers; what is new in it has got a number."""
    _name(connection, _SENDERS, "sum_delta")
    _name(connection, _OUTCOMES, "sum_delta")
    new = connection.execute(
        """
        INSERT INTO sum_address
        SELECT (SELECT coalesce(max(address_no), 0) FROM sum_address) + row_number() OVER (), source_ip, 0
        FROM (SELECT DISTINCT source_ip FROM sum_delta) d
        WHERE NOT EXISTS (FROM sum_address a WHERE a.source_ip IS NOT DISTINCT FROM d.source_ip)
        RETURNING address_no
        """
    ).fetchall()
    _label(connection, [number for (number,) in new])
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE sum_numbered AS
        SELECT d.day, s.sender_no, a.address_no, o.outcome_no, o.cause, sum(d.messages)::BIGINT AS messages, sum(d.records)::BIGINT AS records
        FROM sum_delta d
        JOIN sum_sender s ON {_same("s", "d", _SENDERS.columns)}
        JOIN sum_address a ON {_same("a", "d", ("source_ip",))}
        JOIN sum_outcome o ON {_same("o", "d", _OUTCOME)}
        GROUP BY ALL
        """  # noqa: S608 - names of this file
    )


def _name(connection: duckdb.DuckDBPyConnection, names: _Names, given: str) -> None:
    """Every combination in the table `given` has got a number."""
    columns, number, table = ", ".join(names.columns), names.number, names.table
    connection.execute(
        f"""
        INSERT INTO {table} BY NAME
        SELECT (SELECT coalesce(max({number}), 0) FROM {table}) + row_number() OVER () AS {number},
               {f"0 AS {names.family}," if names.family else ""} d.*
        FROM (SELECT DISTINCT {columns} FROM {given}) d
        WHERE NOT EXISTS (FROM {table} t WHERE {_same("t", "d", names.columns)})
        """  # noqa: S608 - names of this file
    )
    if names.family:
        shared = names.columns[0]
        connection.execute(
            f"""
            UPDATE {table} SET {names.family} = f.number
            FROM (SELECT {shared}, min({number}) AS number FROM {table} GROUP BY {shared}) f
            WHERE {table}.{names.family} = 0 AND {table}.{shared} = f.{shared}
            """  # noqa: S608 - names of this file
        )


def _same(one: str, other: str, columns: tuple[str, ...]) -> str:
    return " AND ".join(f"{one}.{name} IS NOT DISTINCT FROM {other}.{name}" for name in columns)


def _merge(connection: duckdb.DuckDBPyConnection, table: str, key: tuple[str, ...], delta: str) -> None:
    """The delta is added to the rows of `table`, of which only its days are read; a row without records is no row."""
    connection.execute(
        f"""
        MERGE INTO {table} t USING (
            SELECT {", ".join(key)}, sum(messages)::BIGINT AS messages, sum(records)::BIGINT AS records FROM {delta} GROUP BY ALL ORDER BY day
        ) d ON t.day BETWEEN $1 AND $2 AND {_same("t", "d", key)}
        WHEN MATCHED AND t.records + d.records = 0 THEN DELETE
        WHEN MATCHED THEN UPDATE SET messages = t.messages + d.messages, records = t.records + d.records
        WHEN NOT MATCHED THEN INSERT BY NAME
        """,  # noqa: S608 - names of this file
        _days(connection),
    )


def _days(connection: duckdb.DuckDBPyConnection) -> list[date]:
    """The first and the last day of the delta."""
    return list(connection.execute("SELECT min(day), max(day) FROM sum_delta").fetchall()[0])


def _see(connection: duckdb.DuckDBPyConnection) -> None:
    """First and last days reach as far as the sums: further where rows came, anew where rows went."""
    key = _same("t", "d", ("sender_no", "address_no", "cause"))
    connection.execute(
        f"""
        MERGE INTO sum_seen t USING (
            SELECT sender_no, address_no, cause, min(day) AS first_day, max(day) AS last_day
            FROM sum_numbered WHERE records > 0 GROUP BY ALL
        ) d ON {key}
        WHEN MATCHED AND (d.first_day < t.first_day OR d.last_day > t.last_day)
            THEN UPDATE SET first_day = least(t.first_day, d.first_day), last_day = greatest(t.last_day, d.last_day)
        WHEN NOT MATCHED THEN INSERT BY NAME
        """  # noqa: S608 - names of this file
    )
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE sum_gone AS
        SELECT DISTINCT sender_no, address_no, cause FROM sum_numbered d
        WHERE records < 0 AND NOT EXISTS (
            FROM sum_source t WHERE t.day BETWEEN $1 AND $2
            AND (t.day, t.sender_no, t.address_no, t.outcome_no) = (d.day, d.sender_no, d.address_no, d.outcome_no))
        """,
        _days(connection),
    )
    _see_again(connection)


def _see_again(connection: duckdb.DuckDBPyConnection) -> None:
    """First and last days of what stands in `sum_gone` are those of the sums that are left. The one step that reads all of them."""
    if not connection.execute("SELECT 1 FROM sum_gone LIMIT 1").fetchall():
        return
    same = "d.sender_no = t.sender_no AND d.address_no = t.address_no AND d.cause IS NOT DISTINCT FROM"
    connection.execute(f"DELETE FROM sum_seen t USING sum_gone d WHERE {same} t.cause")  # noqa: S608 - names of this file
    connection.execute(
        f"""
        INSERT INTO sum_seen
        SELECT t.sender_no, t.address_no, o.cause, min(t.day), max(t.day)
        FROM sum_source t JOIN sum_outcome o USING (outcome_no) JOIN sum_gone d ON {same} o.cause
        GROUP BY ALL
        """  # noqa: S608 - names of this file
    )


def forget(connection: duckdb.DuckDBPyConnection, report_nos: Sequence[int]) -> None:
    """The sums know nothing of the days of these reports any more, whatever their records say now; `follow` adds the days up anew.

    For reports that are about to be deleted. On days that are closed they are not in the sums.
    """
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE sum_days AS
        SELECT DISTINCT day FROM v_report WHERE report_no IN (SELECT unnest($1::BIGINT[])) AND day >= (SELECT day FROM closed_before)
        """,
        [list(report_nos)],
    )
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE sum_gone AS
        SELECT DISTINCT sender_no, address_no, cause FROM sum_source JOIN sum_outcome USING (outcome_no) SEMI JOIN sum_days USING (day)
        """
    )
    cases.mark(connection, "FROM sum_days")
    for table in ("sum_source", "sum_reporter"):
        connection.execute(f"DELETE FROM {table} WHERE day IN (FROM sum_days)")  # noqa: S608 - names of this file
    _see_again(connection)
    connection.execute(
        "UPDATE report SET in_sums = false WHERE in_sums AND report_no IN (SELECT report_no FROM v_report SEMI JOIN sum_days USING (day))"
    )


def label(connection: duckdb.DuckDBPyConnection, source_ips: Sequence[str] | None = None) -> None:
    """The labels of these addresses (None: of all) are those that `source` gives them now."""
    sql = (
        "SELECT address_no FROM sum_address WHERE $1::VARCHAR[] IS NULL OR source_ip IN (SELECT unnest($1::VARCHAR[]))"
    )
    wanted = None if source_ips is None else list(source_ips)
    _label(connection, [number for (number,) in connection.execute(sql, [wanted]).fetchall()])


def _label(connection: duckdb.DuckDBPyConnection, address_nos: Sequence[int]) -> None:
    if not address_nos:
        return
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE sum_labelled AS
        SELECT address_no, service, named, service_kind FROM address_label SEMI JOIN (SELECT unnest($1::INTEGER[]) AS address_no) USING (address_no)
        """,
        [list(address_nos)],
    )
    _name(connection, _LABELS, "sum_labelled")
    connection.execute(
        f"""
        UPDATE sum_address SET label_no = t.label_no
        FROM sum_labelled d JOIN sum_label t ON {_same("t", "d", _LABELS.columns)}
        WHERE sum_address.address_no = d.address_no AND sum_address.label_no <> t.label_no
        """  # noqa: S608 - names of this file
    )


def recompute(database: Database) -> None:
    """The sums are made anew from the facts; those of closed days, whose records are gone, stay.

    Raises:
        StoreError: a disk refused; the sums are as they were.
    """
    with database.write() as connection:
        for sql in _UNUSED:
            connection.execute(sql)
        connection.execute(
            "INSERT INTO sum_seen SELECT sender_no, address_no, cause, min(day), max(day) "
            "FROM sum_source JOIN sum_outcome USING (outcome_no) GROUP BY ALL"
        )
        connection.execute("UPDATE report SET in_sums = false WHERE in_sums AND pruned_content IS NULL")
        label(connection)
