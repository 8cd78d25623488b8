"""Parsing in processes of their own: the same results, and nothing that happens to one of them costs more than the mail it was at."""

from __future__ import annotations

import os
import random
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest

from ingest import worker
from ingest.model import Fate, ReadMail
from ingest.reading import read_all
from ingest.settings import Limits, WorkerSettings
from ingest.worker import Workers
from tests.fakes.worker_mails import MANY, MIXED, is_there, long

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LIMITS = Limits()
on_linux = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="looks into /proc")


@pytest.fixture
def workers() -> Iterator[Callable[..., Workers]]:
    made: list[Workers] = []

    def make(processes: int = 1, memory_mb: int = 512, timeout_s: float = 60) -> Workers:
        made.append(Workers(LIMITS, WorkerSettings(processes=processes, memory_mb=memory_mb, timeout_s=timeout_s)))
        return made[-1]

    yield make
    for pool in made:
        pool.close()


def the_reason(found: ReadMail) -> str:
    (payload,) = found.payloads
    assert (payload.fate, payload.report) == (Fate.QUARANTINED, None)
    return payload.reason


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_results_are_those_of_one_process_and_in_order(workers: Callable[..., Workers], processes: int) -> None:
    pool = workers(processes)
    expected = read_all(MIXED, LIMITS)
    assert pool(MIXED) == expected
    assert pool(list(reversed(MIXED))) == list(reversed(expected))
    assert len(pool.pids) == processes


def test_no_process_starts_before_there_is_a_mail(workers: Callable[..., Workers]) -> None:
    pool = workers(2)
    assert pool([]) == []
    assert pool.pids == []


def test_a_few_small_mails_start_one_process_only(
    workers: Callable[..., Workers], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "SMALL_BYTES", sum(len(mail.body) for mail in MANY))
    monkeypatch.setattr(worker, "AUTOMATIC", 2)
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    pool = workers(0)  # as many as seems good
    pool(MANY[:3])
    (first,) = pool.pids
    pool(MANY)
    assert len(pool.pids) == 2
    assert first in pool.pids


@on_linux
def test_a_mail_that_needs_too_much_memory_is_hostile_and_costs_nobody_else_anything(
    workers: Callable[..., Workers],
) -> None:
    found = workers(2, memory_mb=24)([*MANY[:10], long(60_000), *MANY[10:]])
    assert the_reason(found.pop(10)) == "hostile: reading it takes more than 24 MB"
    assert found == read_all(MANY, LIMITS)


def test_a_mail_that_takes_too_long_is_hostile_and_costs_nobody_else_anything(workers: Callable[..., Workers]) -> None:
    found = workers(2, timeout_s=1)([*MANY[:10], long(100_000), *MANY[10:]])
    assert the_reason(found.pop(10)) == "hostile: reading it takes longer than 1 s"
    assert found == read_all(MANY, LIMITS)


def test_a_process_that_was_stopped_is_late_too(workers: Callable[..., Workers]) -> None:
    pool = workers(1, timeout_s=0.5)
    pool(MANY[:1])
    (pid,) = pool.pids
    os.kill(pid, signal.SIGSTOP)
    assert pool(MANY[:3]) == read_all(MANY[:3], LIMITS)
    assert pid not in pool.pids
    assert not is_there(pid)


class Killer(threading.Thread):
    """Ends processes of a pool with SIGKILL, `times` times in all, while they are at a mail."""

    def __init__(self, pool: Workers, times: int, seed: int | None = None) -> None:
        super().__init__(daemon=True)
        self._pool, self._times, self._random = pool, times, random.Random(seed) if seed is not None else None  # noqa: S311
        self.killed: set[int] = set()
        self.stopping = threading.Event()

    def run(self) -> None:
        while len(self.killed) < self._times and not self.stopping.wait(0.01):
            for handle in list(self._pool._handles):
                ready = handle.ready and handle.pending
                if handle.pid not in self.killed and (self._random.random() < 0.05 if self._random else ready):
                    os.kill(handle.pid, signal.SIGKILL)
                    self.killed.add(handle.pid)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self.join()


def test_a_process_killed_from_outside_costs_no_mail(workers: Callable[..., Workers]) -> None:
    pool = workers(1)
    slow = [long(10_000), *MANY]
    with Killer(pool, times=1) as killer:
        found = pool(slow)
    assert len(killer.killed) == 1
    assert found == read_all(slow, LIMITS)


def test_a_mail_whose_process_dies_twice_is_hostile(workers: Callable[..., Workers]) -> None:
    pool = workers(1)
    with Killer(pool, times=2) as killer:
        found = pool([long(20_000), *MANY])
    assert len(killer.killed) == 2
    assert the_reason(found[0]) == "hostile: the process that read it was ended by signal 9"
    assert found[1:] == read_all(MANY, LIMITS)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_one_kill_at_a_random_moment_changes_nothing(workers: Callable[..., Workers], seed: int) -> None:
    mails = [*MANY, long(4_000), *MIXED]
    with Killer(pool := workers(2), times=1, seed=seed):
        found = pool(mails)
    assert found == read_all(mails, LIMITS)


def test_a_process_killed_while_it_rests_is_replaced(workers: Callable[..., Workers]) -> None:
    pool = workers(1)
    pool(MANY[:1])
    (pid,) = pool.pids
    os.kill(pid, signal.SIGKILL)
    assert pool(MANY) == read_all(MANY, LIMITS)
    assert pid not in pool.pids
