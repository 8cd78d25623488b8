"""An answer of several questions: one state of the file, over one connection that nobody keeps."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ingest.store import sources
from ingest.store.connect import Database
from tests.fakes.facts import MONDAY, a_record, a_report, keep, keep_source

if TYPE_CHECKING:
    from pathlib import Path


def reports(database: Database) -> int:
    return int(database.rows("SELECT count(*) AS reports FROM v_report")[0]["reports"])


def test_all_questions_of_an_answer_see_the_same_state(tmp_path: Path) -> None:
    database = Database(tmp_path / "facts.duckdb")
    keep(database, a_report(a_record(1), day=MONDAY, reporter="first.example"))
    writer = threading.Thread(
        target=lambda: keep(database, a_report(a_record(1), day=MONDAY, reporter="second.example"))
    )
    with database.asking() as one:
        before = one.rows("SELECT count(*) AS reports FROM v_report")
        writer.start()
        writer.join(0.3)
        with one.asking() as same:
            assert same.rows("SELECT count(*) AS reports FROM v_report") == before == [{"reports": 1}]
    writer.join()
    assert reports(database) == 2


def test_unknown_are_the_addresses_of_all_records_that_nobody_looked_up(tmp_path: Path) -> None:
    database = Database(tmp_path / "facts.duckdb")
    keep(database, a_report(a_record(1, source_ip="192.0.2.1"), a_record(1, source_ip="192.0.2.2"), day=MONDAY))
    held_back = a_report(
        a_record(1, source_ip="192.0.2.3"), a_record(1, source_ip=None), day=MONDAY, reporter="other.example"
    )
    keep(database, held_back, fate="quarantined")
    assert sources.unknown(database) == ["192.0.2.1", "192.0.2.2", "192.0.2.3"]
    keep_source(database, "192.0.2.2", service="Own Mail")
    assert sources.unknown(database) == ["192.0.2.1", "192.0.2.3"]
