"""Whether a database file is sound: readable, and everything in it agrees with everything else."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ingest.errors import StoreBusy, StoreError, StoreMissing, StoreOutdated
from ingest.model import DIFFER
from ingest.store import migrate
from ingest.store.exchange import wal
from ingest.store.fingerprint import fingerprint

if TYPE_CHECKING:
    import duckdb

    from ingest.store.connect import Database


class State(StrEnum):
    """What a database file is."""

    SOUND = "sound"
    MISSING = "missing"
    BUSY = "busy"
    OLDER = "older"  # the next write brings it up to date
    NEWER = "newer"  # made by a newer whosends
    WAL = "wal"  # the file beside it, with what was committed last, is damaged
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Rows that do not agree: how many, which, and what is wrong with them in words."""

    name: str
    rows: int
    examples: tuple[str, ...]
    words: str

    @property
    def in_sums(self) -> bool:
        """Whether the sums are wrong, which can be computed again from the facts, and not the facts."""
        return self.name.startswith("sums")


_EXAMPLES = 3
_FATE = """
WITH fates AS (SELECT mail_id, list_distinct(list(fate)) AS f FROM payload GROUP BY mail_id), judged AS (
    SELECT mail_id, coalesce(CASE WHEN list_has_any(f, ['accepted', 'suspect', 'superseded', 'duplicate'])
                                   AND list_has_any(f, ['partial', 'quarantined', 'rejected']) THEN 'partial' END,
                    list_filter(['accepted', 'suspect', 'superseded', 'duplicate', 'partial', 'quarantined', 'rejected'],
                                lambda x: list_contains(f, x))[1]) AS fate
    FROM fates)
SELECT m.origin FROM mail m LEFT JOIN judged j USING (mail_id) WHERE m.fate <> coalesce(j.fate, 'rejected')
"""
_CLOSED = "(SELECT day FROM closed_before)"  # of earlier days there are sums, but no records
_DAYS = """
WITH held AS (
    SELECT day, policy_domain, reporter, sum(records) AS records, sum(messages) AS messages FROM sum_reporter GROUP BY ALL
), said AS (
    SELECT day, policy_domain, reporter, sum(records) AS records, sum(messages) AS messages FROM v_report
    WHERE fate = 'accepted' AND records > 0 GROUP BY ALL
)
SELECT DISTINCT concat_ws(' ', day, policy_domain) FROM held FULL JOIN said USING (day, policy_domain, reporter)
WHERE (held.records, held.messages) IS DISTINCT FROM (said.records, said.messages)
"""
_CHECKS: dict[str, tuple[str, str]] = {  # name → (words, SQL that gives one text for each wrong row)
    "records": (
        "reports whose records or messages are not what their records add up to",
        """
        SELECT r.payload_sha256 FROM report r
        LEFT JOIN (SELECT report_no, count(*) AS records, sum(messages)::HUGEINT AS messages FROM record GROUP BY 1) c USING (report_no)
        WHERE r.pruned_content IS NULL AND (r.records <> coalesce(c.records, 0) OR r.messages <> coalesce(c.messages, 0))
        """,
    ),
    "pruned": (
        "reports that count, or have records, on days whose records are not kept",
        f"""
        SELECT payload_sha256 FROM v_report r
        WHERE if(records_kept, day < {_CLOSED} AND fate IN ('accepted', 'superseded'),
                 day >= {_CLOSED} OR report_no IN (SELECT report_no FROM record))
        """,  # noqa: S608 - SQL of this file
    ),
    "payloads": (
        "payloads whose numbers are not those of their report",
        """
        SELECT p.payload_sha256 FROM payload p JOIN report r USING (payload_sha256)
        WHERE (p.records, p.messages) <> (r.records, r.messages)
        """,
    ),
    "orphan_records": (
        "records without a report",
        "SELECT report_no::VARCHAR FROM record ANTI JOIN report USING (report_no)",
    ),
    "orphan_reports": (
        "reports that no ledger line with their fate stands for",
        "SELECT r.payload_sha256 FROM report r ANTI JOIN payload p ON p.payload_sha256 = r.payload_sha256 AND p.fate = r.fate",
    ),
    "orphan_payloads": ("payloads without a mail", "SELECT payload_sha256 FROM payload ANTI JOIN mail USING (mail_id)"),
    "uncounted": (
        "accepted payloads without a report that counts",
        """
        SELECT p.payload_sha256 FROM payload p
        ANTI JOIN (FROM report WHERE fate = 'accepted') r ON r.payload_sha256 = p.payload_sha256
        WHERE p.fate = 'accepted'
        """,
    ),
    "versions": (
        "reports of which not exactly the newest version counts",
        """
        SELECT any_value(payload_sha256) FROM report WHERE fate IN ('accepted', 'suspect', 'superseded') GROUP BY report_key
        HAVING count(*) FILTER (fate <> 'superseded') <> 1
            OR (arg_max(fate, (received_utc, payload_sha256)) = 'superseded' AND bool_and(pruned_content IS NULL))
        """,
    ),
    "suspects": (
        "suspected repetitions of a report that does not count",
        """
        SELECT payload_sha256 FROM report ANTI JOIN (FROM report WHERE fate = 'accepted')
        USING (reporter, policy_domain, begin_utc, end_utc, records, messages) WHERE fate = 'suspect'
        """,
    ),
    "numbers": (
        "report numbers that occur twice",
        "SELECT report_no::VARCHAR FROM report GROUP BY 1 HAVING count(*) > 1",
    ),
    "mails": ("mails whose fate does not follow from their payloads", _FATE),
    "sums_reports": (
        "reports that the sums hold and should not, or should and do not",
        "SELECT payload_sha256 FROM report WHERE in_sums <> (fate = 'accepted') AND pruned_content IS NULL",
    ),
    "sums_days": (
        "days and domains whose sums are not those of their accepted reports",
        f"{_DAYS} AND day >= {_CLOSED}",
    ),
    "closed_reports": (
        "reports without records that the sums hold and should not, or should and do not",
        "SELECT payload_sha256 FROM report WHERE in_sums <> (fate = 'accepted') AND pruned_content IS NOT NULL",
    ),
    "closed_days": (
        "days and domains without records whose sums are not those of their accepted reports",
        f"{_DAYS} AND day < {_CLOSED}",
    ),
}
_DIFFERENT = """
SELECT to_json(t)::VARCHAR FROM (
    SELECT * EXCLUDE (side) FROM (SELECT *, 1 AS side FROM {a} UNION ALL BY NAME SELECT *, -1 AS side FROM {b}) GROUP BY ALL HAVING sum(side) <> 0
) t
"""
_OPEN = f"(FROM {{}} WHERE day >= {_CLOSED})"
_OUTCOMES = f"""(
    SELECT day, policy_domain, dkim_aligned, spf_aligned, dkim_pass, spf_pass, disposition,
           sum(messages) AS messages, sum(records) AS records
    FROM {{}} WHERE day < {_CLOSED} GROUP BY ALL
)"""  # noqa: S608 - names of this file
_SEEN_NOW = """(
    SELECT policy_domain, header_from, source_ip, cause, min(day) AS first_day, max(day) AS last_day FROM v_sum_source GROUP BY ALL
)"""
_LABELS = (
    "(SELECT address_no, source_ip, service, named, service_kind FROM sum_address JOIN sum_label USING (label_no))"
)
_DEEP_CHECKS: dict[str, tuple[str, str]] = {  # the same, with every record in it
    "sums_source": (
        "sums of sources that are not those of the records",
        _DIFFERENT.format(a=_OPEN.format("v_sum_source"), b=_OPEN.format("sum_source_now")),
    ),
    "sums_reporter": (
        "sums of reporters that are not those of the records",
        _DIFFERENT.format(a=_OPEN.format("v_sum_reporter"), b=_OPEN.format("sum_reporter_now")),
    ),
    "closed_sums": (
        "sums of days without records that are not the same by source and by reporter",
        _DIFFERENT.format(a=_OUTCOMES.format("v_sum_source"), b=_OUTCOMES.format("v_sum_reporter")),
    ),
    "sums_seen": ("first and last days that are not those of the sums", _DIFFERENT.format(a="v_seen", b=_SEEN_NOW)),
    "sums_labels": (
        "addresses whose label is not what is known about them",
        _DIFFERENT.format(a=_LABELS, b="address_label"),
    ),
}


def state(database: Database) -> tuple[State, str]:
    """What the file is, and the words of whoever refused it."""
    try:
        with database.read():
            return State.SOUND, ""
    except StoreMissing as error:
        return State.MISSING, error.message
    except StoreBusy as error:
        return State.BUSY, error.message
    except StoreOutdated as error:
        return State.OLDER, error.message
    except StoreError as error:
        return _refused(database, error.message), error.message


def _refused(database: Database, message: str) -> State:
    newest = migrate.available()[-1][0]
    if f"this program knows {newest}" in message:
        return State.NEWER
    return State.WAL if "WAL" in message and wal(database.path).exists() else State.UNREADABLE


def disagreements(database: Database, *, deep: bool = False) -> list[Disagreement]:
    """What in the database does not agree with itself. `deep` reads every byte of it.

    Raises:
        StoreError: it cannot be read, or only in part.
    """
    if deep:
        fingerprint(database)
    with database.read() as connection:
        checks = _CHECKS | (_DEEP_CHECKS if deep else {})
        found = [_found(connection, name, words, sql) for name, (words, sql) in checks.items()]
    return [one for one in found if one.rows]


def read_differently(database: Database) -> Disagreement:
    """Reports that the fast way and parsedmarc read differently. Nothing is wrong with the database: parsedmarc's rows count."""
    with database.read() as connection:
        sql = f"SELECT payload_sha256 FROM report WHERE list_contains(flags, '{DIFFER}')"  # noqa: S608 - our own word
        return _found(connection, "lanes", "reports were read differently by the fast way and by parsedmarc", sql)


def _found(connection: duckdb.DuckDBPyConnection, name: str, words: str, sql: str) -> Disagreement:
    rows, examples = connection.execute(
        f"SELECT count(*), list(found.wrong ORDER BY found.wrong)[1:{_EXAMPLES}] FROM ({sql}) found(wrong)"  # noqa: S608 - of this file
    ).fetchall()[0]
    return Disagreement(name, int(rows), tuple(str(one) for one in examples or ()), words)
