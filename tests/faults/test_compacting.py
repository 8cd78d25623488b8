"""Compacting is disturbed: killed, out of room, not alone. The file is the old one or the new one, and holds the same."""

from __future__ import annotations

import random
import subprocess
import sys
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from ingest import compact
from ingest.model import Origin, RawMail
from ingest.reading import read
from ingest.settings import Limits
from ingest.store.connect import Database
from ingest.store.fingerprint import fingerprint
from ingest.store.write import DuckStore
from tests.bench import facts
from tests.fakes.reports import record, report_bytes
from tests.faults.disk import Disk
from tests.faults.kill_points import SEED, KillPoint
from tests.faults.poller import ROOT, preloaded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ingest.model import ReadMail
    from tests.faults.poller import Poller

pytestmark = [pytest.mark.slow, pytest.mark.zoneless]
DATABASE_FAILED = 4
RECORDS = 40_000
MB = 1024 * 1024
POINTS = [
    *(
        KillPoint("statement", when, number)
        for number in (1, 2, 6, 9, 12, 14, 18, 22, 26)
        for when in ("before", "after")
    ),
    *(KillPoint("statement", "during", number, delay_s=0.02) for number in (12, 13, 14, 15, 16)),
    *(KillPoint("checkpoint", when, number) for number in (1, 2, 3) for when in ("before", "after")),
    *(KillPoint("fsync", when, number) for number in (1, 2) for when in ("before", "after")),
    *(KillPoint("rename", when, 1) for when in ("before", "after")),
]
_rng = random.Random(SEED)  # noqa: S311
MOMENTS = [_rng.uniform(0.05, 1.2) for _ in range(8)]
READ = """
import sys
from pathlib import Path
from ingest.store.connect import Database
with Database(Path(sys.argv[1])).read() as connection:
    print(connection.execute("SELECT count(*) FROM v_record_all").fetchall()[0][0])
"""
WRITE = """
import sys
from pathlib import Path
from tests.faults.test_compacting import a_store, a_mail
store, mail = a_store(Path(sys.argv[1])), a_mail()
print("ready", flush=True)
store.add([mail])
"""


@pytest.fixture(scope="module")
def poller() -> Iterator[Poller]:
    with preloaded() as running:
        yield running


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, dict[str, str]]:
    """A database file, and what it holds."""
    path = tmp_path_factory.mktemp("filled") / "w.duckdb"
    facts.make(path, RECORDS)
    return path.read_bytes(), fingerprint(Database(path))


@pytest.fixture
def path(filled: tuple[bytes, dict[str, str]], tmp_path: Path) -> Path:
    folder = tmp_path / "case"
    folder.mkdir()
    (folder / "w.duckdb").write_bytes(filled[0])
    return folder / "w.duckdb"


def a_mail() -> ReadMail:
    body = report_bytes([record("7")], report_id="meanwhile")
    noon = datetime(2026, 3, 3, 12)  # noqa: DTZ001 - naive UTC
    return read(RawMail(Origin("m", "INBOX", 9, 1), body, noon), Limits())


def a_store(path: Path) -> DuckStore:
    return DuckStore(Database(path), parser="test")


def is_whole(path: Path, wanted: dict[str, str], poller: Poller) -> None:
    """It holds what it held; and the next run is done and leaves nothing else behind."""
    assert fingerprint(Database(path)) == wanted
    assert poller.run("compact", "--db", str(path), folder=path.parent).status == 0
    assert fingerprint(Database(path)) == wanted
    assert {one.name for one in path.parent.iterdir()} <= {
        f"w.duckdb{end}" for end in ("", ".writer", ".turn", ".lock")
    }


@pytest.mark.parametrize("point", POINTS, ids=str)
def test_killed_at_a_step(path: Path, filled: tuple[bytes, dict[str, str]], poller: Poller, point: KillPoint) -> None:
    fault = {"step": point.step, "when": point.when, "number": point.number, "delay_s": point.delay_s}
    ended = poller.run("compact", "--db", str(path), folder=path.parent, point=fault)
    assert ended.killed, ended.said
    is_whole(path, filled[1], poller)


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_at_a_moment(path: Path, filled: tuple[bytes, dict[str, str]], poller: Poller, moment: float) -> None:
    """The longest may be over before: then nothing was killed."""
    poller.run("compact", "--db", str(path), folder=path.parent, kill_after_s=moment)
    is_whole(path, filled[1], poller)


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6])
def test_a_full_disk_ends_it_and_the_old_file_is_there(
    path: Path, filled: tuple[bytes, dict[str, str]], poller: Poller, share: float
) -> None:
    disk = Disk(path.parent)
    try:
        path.write_bytes(filled[0])
        size = len(filled[0]) if disk.mounted else 0
        ended = poller.run(
            "compact", "--db", str(path), folder=path.parent, **disk.limit(int(size + share * len(filled[0])))
        )
        assert ended.status == DATABASE_FAILED, ended.said
        assert "Traceback" not in ended.said
        assert "make room" in ended.said
        disk.make_room()
        assert path.read_bytes() == filled[0]
        is_whole(path, filled[1], poller)
    finally:
        disk.unmount()


def test_two_at_once_come_one_after_the_other(path: Path, filled: tuple[bytes, dict[str, str]]) -> None:
    command = [sys.executable, "-m", "dashboards.cli", "compact", "--db", str(path)]
    running = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [one.wait() for one in running] == [0, 0]
    assert fingerprint(Database(path)) == filled[1]


def test_others_read_meanwhile_and_a_writer_waits_and_is_not_lost(path: Path) -> None:
    records, seen, writers = 0, list[int](), list[subprocess.Popen[str]]()

    def meanwhile(_done: int, _total: int | None) -> None:
        if not writers:
            command = [sys.executable, "-c", WRITE, str(path)]
            writers.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True))
            assert writers[0].stdout is not None
            writers[0].stdout.readline()
        done = subprocess.run([sys.executable, "-c", READ, str(path)], cwd=ROOT, check=True, capture_output=True)
        seen.append(int(done.stdout))

    records = compact.compact(Database(path), progress=meanwhile).records
    with writers[0] as writer:
        assert writer.wait() == 0
    assert len(seen) >= 2
    assert set(seen) == {records}
    assert len(Database(path).frame("SELECT * FROM record")) == records + 1
