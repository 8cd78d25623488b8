"""Several processes at one file: nothing is lost, nothing is half there, whoever is killed."""

from __future__ import annotations

import multiprocessing
import os
import signal
from datetime import datetime
from typing import TYPE_CHECKING

from ingest.model import Origin, RawMail
from ingest.reading import read
from ingest.settings import Limits
from ingest.store.connect import Database
from ingest.store.write import DuckStore
from tests.fakes.reports import record, report_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.model import ReadMail

SPAWN = multiprocessing.get_context("spawn")
NOON = datetime(2026, 3, 3, 12)  # noqa: DTZ001 - naive UTC


def a_mail(writer: int, number: int) -> ReadMail:
    rows = [record("1", source_ip=f"198.51.{writer}.{number}"), record("2")]
    body = report_bytes(rows, report_id=f"{writer}-{number}")
    return read(RawMail(Origin("m", "INBOX", writer, number), body, NOON), Limits())


def a_store(path: Path) -> DuckStore:
    return DuckStore(Database(path), parser="test", clock=lambda: NOON)


def write_mails(path: Path, writer: int, total: int) -> None:
    store = a_store(path)
    for number in range(total):
        store.add([a_mail(writer, number)])


def read_often(path: Path, times: int) -> None:
    """Every state that can be seen is a whole one."""
    for _ in range(times):
        with Database(path).read() as connection:
            reports, messages = connection.execute("SELECT count(*), sum(messages) FROM v_report").fetchall()[0]
            held = connection.execute("SELECT count(*), sum(messages) FROM v_record").fetchall()[0]
        assert held == (2 * reports, messages)


def write_and_die(path: Path, before_commit: bool) -> None:  # noqa: FBT001
    store = a_store(path)
    store.add([a_mail(1, 0), a_mail(1, 1)])
    if before_commit:
        with Database(path).write() as connection:
            connection.execute("DELETE FROM mail")
            os.kill(os.getpid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


def contents(path: Path) -> list[object]:
    with Database(path).read() as connection:
        return [
            connection.execute(f"SELECT * FROM {table} ORDER BY ALL").fetchall()  # noqa: S608
            for table in ("mail", "payload", "report", "record")
        ]


def test_two_writers_and_a_reader_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "w.duckdb"
    a_store(path).add([a_mail(0, 0)])
    processes = [SPAWN.Process(target=write_mails, args=(path, writer, 6)) for writer in (1, 2)]
    processes.append(SPAWN.Process(target=read_often, args=(path, 8)))
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    with Database(path).read() as connection:
        assert connection.execute("SELECT count(*), sum(messages) FROM v_record").fetchall() == [(26, 39)]
        assert connection.execute("SELECT count(DISTINCT report_no) FROM record").fetchall() == [(13,)]


def test_after_a_kill_the_next_run_ends_at_the_same_tables(tmp_path: Path) -> None:
    undisturbed = tmp_path / "calm.duckdb"
    a_store(undisturbed).add([a_mail(1, 0), a_mail(1, 1)])
    a_store(undisturbed).add([a_mail(1, 2)])
    processes = {
        name: SPAWN.Process(target=write_and_die, args=(tmp_path / name, name == "within"))
        for name in ("within", "between")
    }
    for process in processes.values():
        process.start()
    for name, process in processes.items():
        process.join()
        assert process.exitcode == -signal.SIGKILL
        store = a_store(tmp_path / name)
        store.add([a_mail(1, 0), a_mail(1, 1)])
        store.add([a_mail(1, 2)])
        assert contents(tmp_path / name) == contents(undisturbed)
