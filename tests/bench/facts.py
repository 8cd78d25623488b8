"""A database of as many records as wanted, with the distributions of life, in the order in which they would have come in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from ingest.store import migrate
from ingest.store.connect import STORAGE_VERSION, Database

if TYPE_CHECKING:
    from collections.abc import Callable

    Progress = Callable[[int, int | None], None]

SCHEMA = 2  # the migration that these facts are written for; later ones find them there and bring them up to date
CHUNK = 1_000_000  # records of one transaction
DAYS = 400
RECORDS_PER_REPORT = 25
MOST_REPORTS = 320_000  # 40 reporters, 20 domains, 400 days
_SQL = Path(__file__).with_name("facts.sql")

_MAIL = """
INSERT INTO mail BY NAME
SELECT key(report_id) AS mail_id, sha256(report_id) AS mail_sha256, format('reports/INBOX/1/{}', report_no) AS origin,
       'reports' AS mailbox, 'INBOX' AS folder, 1 AS uidvalidity, report_no AS uid, format('<{}@{}>', report_id, reporter) AS message_id,
       concat('noreply@', reporter) AS mail_from, format('Report domain: {} Submitter: {}', policy_domain, reporter) AS subject,
       3000 + records * 40 AS size_bytes, day + INTERVAL 30 HOUR AS received_utc, day + INTERVAL 31 HOUR AS ingested_utc,
       'accepted' AS fate, '' AS reason
FROM plan WHERE report_no BETWEEN $first AND $last
"""
_PAYLOAD = """
INSERT INTO payload BY NAME
SELECT key(report_id) AS mail_id, 'report.xml.gz' AS member, payload_sha256, 600 + records * 550 AS size_bytes, 'aggregate' AS kind,
       'accepted' AS fate, '' AS reason, records AS xml_records, sums.messages AS xml_messages, records, sums.messages
FROM plan JOIN sums USING (report_no)
"""
_REPORT = """
INSERT INTO report BY NAME
SELECT report_no, payload_sha256, key(concat('key ', report_id)) AS report_key, reporter, reporter AS reporter_raw,
       concat('noreply@', reporter) AS reporter_email, report_id, policy_domain, day::TIMESTAMP AS begin_utc,
       day::TIMESTAMP + INTERVAL 86399 SECOND AS end_utc, ['none', 'quarantine', 'reject'][domain_no % 3 + 1] AS p,
       'none' AS sp, 'r' AS adkim, 'r' AS aspf, 100 AS pct, CASE WHEN reporter_no % 6 = 5 THEN 'rfc9990' ELSE 'rfc7489' END AS format,
       []::VARCHAR[] AS errors, []::VARCHAR[] AS flags, records, sums.messages, day + INTERVAL 30 HOUR AS received_utc,
       'bench' AS parser, 'accepted' AS fate, 1 AS trust, '{}' AS trust_evidence
FROM plan JOIN sums USING (report_no)
"""
_SOURCE = """
INSERT INTO source BY NAME
SELECT DISTINCT ON (source_ip) address(n) AS source_ip, ['US', 'DE', 'JP', 'BR', 'IN'][(n % 5 + 1)::INTEGER] AS country,
       1000 + n % 3000 AS asn, format('Network {}', n % 3000) AS as_name, format('net{}.example', n % 3000) AS as_domain,
       CASE WHEN n < 4000 THEN format('Service {}', hash(n, 'service') % 40) END AS service,
       CASE WHEN n < 4000 THEN 'Email provider' END AS service_kind, TIMESTAMP '2026-01-01' AS looked_up_utc
FROM range(getvariable('sources')) t(n)
"""


@dataclass(frozen=True, slots=True)
class Made:
    """What is in the database."""

    records: int
    reports: int
    sources: int


def make(path: Path, records: int, *, seed: int = 1, progress: Progress = lambda _done, _total: None) -> Made:
    """The database `path` holds about `records` records of accepted reports; the newest schema's own tables are filled from them."""
    reports = max(1, min(MOST_REPORTS, records // RECORDS_PER_REPORT))
    sources = max(50, min(200_000, records // 20))
    config: dict[str, str | bool | int | float | list[str]] = {
        "storage_compatibility_version": STORAGE_VERSION,
        "memory_limit": "4GB",
    }
    with duckdb.connect(str(path), config=config) as connection:
        _schema(connection)
        for name, value in {
            "seed": seed,
            "reports": reports,
            "records": records,
            "sources": sources,
            "days": DAYS,
        }.items():
            connection.execute(f"SET VARIABLE {name} = {value}")
        connection.execute(_SQL.read_text(encoding="utf-8"))
        for first, last in _chunks(connection):
            _insert(connection, first, last)
            progress(last, reports)
        connection.execute(_SOURCE)
        held = int(connection.execute("SELECT count(*) FROM record").fetchall()[0][0])
        known = int(connection.execute("SELECT count(*) FROM source").fetchall()[0][0])
    with Database(path, memory_limit="8GB").write():
        pass
    return Made(held, reports, known)


def _schema(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(migrate._LEDGER)
    for version, name, sql in migrate.available():
        if version <= SCHEMA:
            connection.execute(sql)
            connection.execute(
                "INSERT INTO migration VALUES ($1, $2, $3)", [version, name, datetime.now(UTC).replace(tzinfo=None)]
            )


def _chunks(connection: duckdb.DuckDBPyConnection) -> list[tuple[int, int]]:
    """First and last report of each transaction."""
    sql = f"""
        SELECT min(report_no), max(report_no)
        FROM (SELECT report_no, sum(records) OVER (ORDER BY report_no) // {CHUNK} AS chunk FROM plan) GROUP BY chunk ORDER BY 1
    """  # noqa: S608 - a number
    return connection.execute(sql).fetchall()


def _insert(connection: duckdb.DuckDBPyConnection, first: int, last: int) -> None:
    connection.begin()
    connection.execute(_MAIL, {"first": first, "last": last})
    connection.execute(f"INSERT INTO record BY NAME SELECT * FROM facts({first}, {last})")  # noqa: S608 - numbers
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE sums AS "
        "SELECT report_no, sum(messages)::BIGINT AS messages FROM record WHERE report_no BETWEEN $first AND $last GROUP BY 1",
        {"first": first, "last": last},
    )
    connection.execute(_PAYLOAD)
    connection.execute(_REPORT)
    connection.commit()
