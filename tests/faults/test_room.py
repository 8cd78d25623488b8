"""No room: the disk is full, files may not grow, file handles run out. The run ends with the right code, blames no mail, and loses nothing."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.faults.disk import Disk
from tests.faults.poller import QUICK
from tests.faults.stage import DONE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.stage import Case, Stage

pytestmark = [pytest.mark.dovecot, pytest.mark.slow]
DATABASE_FAILED = 4
MAILBOX_FAILED = 3
DUCKDB_ABORTS = -signal.SIGABRT  # DuckDB 2.0.0 does so at some numbers of free handles, which is as good as a kill
HURRY = {**QUICK, "ingest.patience:PAUSES_S": [0.01, 0.01]}
KB = 1024


@contextmanager
def a_disk(case: Case) -> Iterator[Disk]:
    disk = Disk(case.folder)
    try:
        yield disk
    finally:
        disk.unmount()


@pytest.mark.parametrize("mode", ["keep", "move"])
@pytest.mark.parametrize("size", [40, 100, 200, 300, 450, 600, 700])
def test_a_full_disk_ends_the_run_and_loses_nothing(stage: Stage, mode: str, size: int) -> None:
    wanted = stage.undisturbed("many", mode)
    case = stage.case("many")
    with a_disk(case) as disk:
        case.configure(mode)
        ended = case.poll(constants=HURRY, **disk.limit(size * KB))
        assert ended.status == DATABASE_FAILED, ended.said
        assert "Traceback" not in ended.said
        disk.make_room()
        case.is_made_good(wanted, remove=False)


@pytest.mark.parametrize("size", [4, 40, 150, 300, 400])
def test_files_that_may_not_grow_end_the_run_and_lose_nothing(stage: Stage, size: int) -> None:
    wanted = stage.undisturbed("many", "move")
    case = stage.case("many").configure("move")
    ended = case.poll(constants=HURRY, limits={"RLIMIT_FSIZE": size * KB})
    assert ended.status == DATABASE_FAILED, ended.said
    assert "Traceback" not in ended.said
    case.is_made_good(wanted)


@pytest.mark.parametrize("handles", [9, 10, 11, 12, 13, 14, 16, 20])
def test_too_few_file_handles_end_the_run_and_lose_nothing(stage: Stage, handles: int) -> None:
    wanted = stage.undisturbed("few", "move")
    case = stage.case("few").configure("move")
    ended = case.poll(constants=HURRY, limits={"RLIMIT_NOFILE": handles})
    assert ended.status in (DATABASE_FAILED, MAILBOX_FAILED, DUCKDB_ABORTS, *DONE), ended.said
    assert "Traceback" not in ended.said
    case.is_made_good(wanted)
