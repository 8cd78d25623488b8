"""The verdicts in the database: what a judge is given, and what it said. Older versions of the rules stay as they were.

All that a judging changes stands in one transaction: cases of changed days are folded, and every case of the days that are judged has a verdict.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ingest.errors import StoreError
from ingest.store import cases

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime

    import duckdb
    import pandas as pd

    from ingest.store.connect import Database

ANSWER = ("rule_version", "rule_id", "verdict", "kind", "side", "confidence", "service_id", "entry_id", "act_no")
_MEASURES = "messages, quarantined, rejected, stopped, stopped_missing, records"
_USED = "SELECT DISTINCT {} FROM verdict_day WHERE rule_version = $1 AND day BETWEEN $2 AND $3"
_EVIDENCE = f"""
SELECT * EXCLUDE (dkim, spf), len(dkim) AS signatures FROM verdict_evidence SEMI JOIN ({_USED.format("evidence_no")}) USING (evidence_no)
ORDER BY evidence_no
"""  # noqa: S608 - SQL of this file
_LISTED = f"""
SELECT evidence_no, one.* FROM (
    SELECT evidence_no, unnest({{}}) AS one FROM verdict_evidence SEMI JOIN ({_USED.format("evidence_no")}) USING (evidence_no)
) ORDER BY ALL
"""  # noqa: S608 - SQL of this file
_ADDRESSES = f"""
SELECT a.address_no, a.source_ip, s.reverse_name, s.country, s.asn, s.as_name, s.as_domain, s.service, s.service_kind
FROM sum_address a SEMI JOIN ({_USED.format("address_no")}) USING (address_no) LEFT JOIN source s USING (source_ip)
ORDER BY address_no
"""  # noqa: S608 - SQL of this file
_CASES = """
SELECT address_no, evidence_no, stretch, sum(messages)::BIGINT AS messages, bool_or(day >= $3) AS asked,
       max(len(reporters)) > 1 OR min(reporters_no) < max(reporters_no) AS several
FROM (SELECT *, len(list_filter($5::DATE[], lambda x: x <= day)) AS stretch FROM verdict_day WHERE rule_version = $1 AND day BETWEEN $2 AND $4)
JOIN verdict_reporters USING (reporters_no)
GROUP BY address_no, evidence_no, stretch
"""
_WRONG = """
SELECT (SELECT count(*) FROM verdict_day WHERE rule_version = $1 AND verdict_no = 0),
       (SELECT coalesce(sum(messages), 0) FROM sum_source WHERE day >= (SELECT day FROM closed_before))
       - (SELECT coalesce(sum(messages), 0) FROM verdict_day WHERE rule_version = $1 AND day >= (SELECT day FROM closed_before))
"""
_SAME = " AND ".join(f"t.{name} IS NOT DISTINCT FROM d.{name}" for name in ANSWER)
_NEW_ANSWERS = f"""
INSERT INTO verdict_answer BY NAME
SELECT (SELECT coalesce(max(verdict_no), 0) FROM verdict_answer) + row_number() OVER () AS verdict_no, d.*
FROM (SELECT DISTINCT {", ".join(ANSWER)} FROM given) d WHERE NOT EXISTS (FROM verdict_answer t WHERE {_SAME})
"""  # noqa: S608 - names of this file
_ANSWERED = f"""
CREATE OR REPLACE TEMP TABLE verdict_given AS
SELECT g.address_no, g.evidence_no, g.first_day, g.last_day, t.verdict_no
FROM told g JOIN (SELECT DISTINCT answer, t.verdict_no FROM given d JOIN verdict_answer t ON {_SAME}) t USING (answer)
"""  # noqa: S608 - names of this file
_PUT = """
UPDATE verdict_day SET verdict_no = g.verdict_no FROM verdict_given g
WHERE verdict_day.rule_version = $1 AND verdict_day.day BETWEEN $2 AND $3 AND verdict_day.day BETWEEN g.first_day AND g.last_day
  AND verdict_day.address_no = g.address_no AND verdict_day.evidence_no = g.evidence_no AND verdict_day.verdict_no <> g.verdict_no
"""


@contextmanager
def judging(database: Database, rule_version: int) -> Iterator[Docket]:
    """What is to be judged by that version of the rules; all of it is kept when the block ends, and nothing when it raises.

    Raises:
        StoreError: the database refused.
    """
    with database.write() as connection:
        yield Docket(connection, rule_version)


class Docket:
    """The cases and their verdicts inside one transaction."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, rule_version: int) -> None:
        self._connection, self._version = connection, rule_version
        before = cases.newest_version(connection)
        # DuckDB 2.0.0 did not show this transaction what `fold` inserted after an INSERT of no rows: carry only what there is.
        if before not in {0, rule_version}:
            self._carry(before)
        if connection.execute(
            "SELECT 1 FROM verdict_day WHERE rule_version = 0 LIMIT 1"
        ).fetchall():  # folded before anything was judged
            connection.execute("UPDATE verdict_day SET rule_version = $1 WHERE rule_version = 0", [rule_version])
        cases.fold(connection, rule_version)

    def _carry(self, before: int) -> None:
        """The cases of another version are those of this one, too."""
        self._connection.execute(
            f"""
            INSERT INTO verdict_day BY NAME
            SELECT $1::INTEGER AS rule_version, day, address_no, evidence_no, reporters_no, 0 AS verdict_no, {_MEASURES}
            FROM verdict_day WHERE rule_version = $2
            """,  # noqa: S608 - names of this file
            [self._version, before],
        )

    def known(self) -> str | None:
        """What the verdicts of this version were made by; None: there are none."""
        found = self._connection.execute(
            "SELECT known FROM verdict_state WHERE rule_version = $1", [self._version]
        ).fetchall()
        return str(found[0][0]) if found else None

    def due(self) -> list[date]:
        """Days whose cases changed, in order."""
        return self._days("SELECT DISTINCT day FROM verdict_due ORDER BY day", [])

    def days(self) -> list[date]:
        """Days that have cases, in order."""
        return self._days("SELECT DISTINCT day FROM verdict_day WHERE rule_version = $1 ORDER BY day", [self._version])

    def _days(self, sql: str, parameters: list[Any]) -> list[date]:
        return [day for (day,) in self._connection.execute(sql, parameters).fetchall()]

    def evidence(self, first: date, last: date) -> dict[str, pd.DataFrame]:
        """`evidence`, its `dkim` and `spf` one row per result, and `addresses` that the days have, each by its number."""
        questions = {
            "evidence": _EVIDENCE,
            "dkim": _LISTED.format("dkim"),
            "spf": _LISTED.format("spf"),
            "addresses": _ADDRESSES,
        }
        span = [self._version, first, last]
        return {name: self._connection.execute(sql, span).df() for name, sql in questions.items()}

    def cases(self, first: date, asked: date, last: date, breaks: Sequence[date]) -> pd.DataFrame:
        """One row per address, evidence and stretch of days.

        Returns:
            address_no, evidence_no, stretch (how many of `breaks` lie before), messages, several (reporters), asked (some of it is of the
            days from `asked` on).
        """
        return self._connection.execute(_CASES, [self._version, first, asked, last, list(breaks)]).df()

    def put(self, told: pd.DataFrame, given: pd.DataFrame, first: date, last: date) -> None:
        """Cases of these days have verdicts.

        Args:
            told: address_no, evidence_no, first_day, last_day, answer (a number in `given`).
            given: answer and `ANSWER` without rule_version.
            first: UTC day.
            last: UTC day, included.
        """
        self._connection.register("told", told)
        self._connection.register("given", given.assign(rule_version=self._version))
        self._connection.execute(_NEW_ANSWERS)
        self._connection.execute(_ANSWERED)
        self._connection.execute(_PUT, [self._version, first, last])
        self._connection.unregister("told")
        self._connection.unregister("given")

    def done(self, known: str, now: datetime) -> None:
        """Nothing is due any more, by what is known.

        Raises:
            StoreError: the cases do not hold every message once, or one has no verdict; then nothing of the block is kept.
        """
        if self._connection.execute(_WRONG, [self._version]).fetchall() != [(0, 0)]:
            raise StoreError(
                "the verdicts would not hold every message once; they stay as they were",
                hint="run `whosends doctor --deep --repair`, and report this if it does not help",
            )
        self._connection.execute("DELETE FROM verdict_due")
        self._connection.execute("DELETE FROM verdict_state WHERE rule_version = $1", [self._version])
        self._connection.execute("INSERT INTO verdict_state VALUES ($1, $2, $3)", [self._version, known, now])
