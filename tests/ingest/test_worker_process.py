"""The life of a parsing process: what it can reach, what may pass its pipes, and that it never outlives the pool or the program."""

from __future__ import annotations

import os
import pickle
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ingest.errors import WorkerError
from ingest.frames import LENGTH_BYTES, Assembly, BadFrame, packed, unpacked
from ingest.reading import read_all
from ingest.settings import Limits, WorkerSettings
from ingest.worker import Workers
from tests.fakes.worker_mails import MANY, MIXED, gone, is_there

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PROJECT = Path(__file__).resolve().parents[2]
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


def test_no_process_is_left_after_the_end(workers: Callable[..., Workers]) -> None:
    with workers(2) as pool:
        pool(MANY)
        pids = pool.pids
        assert len(pids) == 2
    assert pool.pids == []
    assert not any(is_there(pid) for pid in pids)


def test_a_forgotten_pool_leaves_no_process() -> None:
    pool = Workers(LIMITS, WorkerSettings())
    pool(MANY[:1])
    pids = pool.pids
    del pool
    assert gone(pids)


PARENT = """
import sys, threading, time
from ingest.settings import Limits, WorkerSettings
from ingest.worker import Workers
from tests.fakes.worker_mails import MANY, long
with Workers(Limits(), WorkerSettings(processes=2)) as pool:
    pool(MANY)
    print(*pool.pids, flush=True)
    if sys.argv[1] == "busy":
        pool([long(100_000)] * 2)
    time.sleep(60)
"""


@pytest.mark.parametrize("state", ["busy", "idle"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_no_process_outlives_its_parent(number: signal.Signals, state: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, state],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
    ) as parent:
        assert parent.stdout is not None
        pids = [int(word) for word in parent.stdout.readline().split()]
        assert len(pids) == 2
        time.sleep(0.3)
        parent.send_signal(number)
    assert gone(pids)


@on_linux
def test_a_process_holds_no_database_no_secret_and_another_zone_than_ours(
    workers: Callable[..., Workers], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHOSENDS_PASSWORD", "secret")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    import duckdb

    with duckdb.connect(str(tmp_path / "open.duckdb")):
        pool = workers(1)
        pool(MIXED)
        (pid,) = pool.pids
        process = Path(f"/proc/{pid}")
        environment = process.joinpath("environ").read_bytes().split(b"\0")
        assert b"TZ=UTC" in environment
        assert not any(b"secret" in variable for variable in environment)
        maps = process.joinpath("maps").read_text()
        assert not [name for name in ("duckdb", "pandas", "streamlit") if name in maps]
        assert "lxml" in maps
        assert not [link for link in process.joinpath("fd").iterdir() if "duckdb" in str(link.readlink())]


IMPORTED = """
import sys
import ingest.worker_process
from ingest.model import Origin, RawMail
from ingest.reading import read
from ingest.settings import Limits
read(RawMail(Origin(path=""), ingest.worker_process._WARM_UP), Limits())
print(*({"duckdb", "pandas", "parsedmarc", "streamlit"} & sys.modules.keys()))
"""


def test_a_process_imports_no_database() -> None:
    done = subprocess.run([sys.executable, "-c", IMPORTED], capture_output=True, check=True, cwd=PROJECT, text=True)
    assert done.stdout.strip() == ""


WITHOUT_HANDLES = """
import os, resource
from ingest.errors import WorkerError
from ingest.settings import Limits, WorkerSettings
from ingest.worker import Workers
from tests.fakes.worker_mails import MANY
pool = Workers(Limits(), WorkerSettings())
used = len(os.listdir("/proc/self/fd"))
resource.setrlimit(resource.RLIMIT_NOFILE, (used, 4096))
try:
    pool(MANY)
except WorkerError as error:
    print(error.message, "/", bool(error.hint), len(pool.pids))
resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
print(len(pool(MANY)))
"""


@on_linux
def test_a_lack_of_file_handles_is_no_mails_fault() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_HANDLES], capture_output=True, check=True, cwd=PROJECT, text=True
    )
    message, again = done.stdout.strip().splitlines()
    assert "Too many open files" in message
    assert message.endswith("/ True 0")
    assert again == "40"


def test_a_process_that_cannot_start_is_no_mails_fault(
    workers: Callable[..., Workers], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pool = workers(1)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nothing"))
    with pytest.raises(WorkerError, match="no process can be started"):
        pool(MANY)
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho no such library >&2\nexit 3\n")
    broken.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(broken))
    with pytest.raises(WorkerError, match="ended while it started: no such library"):
        pool(MANY)
    assert pool.pids == []


class Evil:
    def __reduce__(self) -> tuple[object, ...]:
        return os.system, ("true",)


@pytest.mark.parametrize("value", [Evil(), resource.getrusage, Path, subprocess.Popen, random.Random])
def test_a_frame_holds_nothing_but_our_nouns(value: object) -> None:
    with pytest.raises(BadFrame):
        unpacked(pickle.dumps(value))


def test_a_module_inside_of_ours_is_none_of_our_nouns() -> None:
    for name in ("os", "hashlib", "stable_uuid"):
        with pytest.raises(BadFrame):
            unpacked(b"\x80\x04\x8c" + bytes([12 if name != "os" else 15]) + b"ingest.model"[:12] + b"\x93.")
        module = "ingest.settings" if name == "os" else "ingest.model"
        with pytest.raises(BadFrame):
            unpacked(f"c{module}\n{name}\n.".encode())


def test_frames_come_out_of_any_pieces() -> None:
    values = [("ready",), tuple(read_all(MIXED, LIMITS)), (), "x" * 100_000]
    stream = b"".join(packed(value) for value in values)
    for size in (1 << 20, 4_096, LENGTH_BYTES - 1):
        assembly = Assembly()
        pieces = (stream[start : start + size] for start in range(0, len(stream), size))
        assert [value for piece in pieces for value in assembly.feed(piece)] == values
