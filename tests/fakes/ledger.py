"""A real store with the summary of what went into it, which must be what it then holds."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ingest.model import RawMail
from ingest.poll import Summary
from ingest.reading import read
from ingest.settings import Limits
from ingest.store.connect import Database
from ingest.store.write import DuckStore

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.model import Outcome, ReadMail

NOON = datetime(2026, 3, 3, 12)  # noqa: DTZ001 - naive UTC


class Ledger:
    """A real store, the summary of what went in, and what it now holds."""

    def __init__(self, path: Path) -> None:
        self.database = Database(path)
        self.store = DuckStore(self.database, parser="test", clock=lambda: NOON + timedelta(days=30))
        self.summary = Summary()

    def add(self, *mails: RawMail | ReadMail) -> list[Outcome]:
        outcomes = self.store.add([read(mail, Limits()) if isinstance(mail, RawMail) else mail for mail in mails])
        for outcome in outcomes:
            self.summary.add(outcome)
        return outcomes

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        return self.all_rows(sql)[0]

    def all_rows(self, *queries: str) -> list[list[tuple[object, ...]]]:
        with self.database.read() as connection:
            return [connection.execute(sql).fetchall() for sql in queries]

    def messages(self) -> int:
        return int(str(self.rows("SELECT coalesce(sum(messages), 0)::BIGINT FROM v_record")[0][0]))

    def counting(self) -> set[object]:
        return {row[0] for row in self.rows("SELECT payload_sha256 FROM v_report WHERE fate = 'accepted'")}

    def agrees(self) -> None:
        """The summary says what the database holds."""
        mails, payloads, (records,), (reports,) = self.all_rows(
            "SELECT fate, count(*) FROM v_mail GROUP BY fate",
            "SELECT fate, count(*) FROM v_payload GROUP BY fate",
            "SELECT count(*), coalesce(sum(messages), 0)::BIGINT FROM v_record",
            "SELECT count(*) FROM v_report WHERE fate = 'accepted'",
        )
        assert sorted((k, n) for k, n in self.summary.mails.items() if n) == sorted(mails)
        assert sorted((k, n) for k, n in self.summary.payloads.items() if n) == sorted(payloads)
        assert (self.summary.records, self.summary.messages) == records
        assert (self.summary.reports,) == reports
