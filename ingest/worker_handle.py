"""One parsing process as its parent sees it: started, fed, listened to, ended. Nothing here waits."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.errors import WorkerError
from ingest.frames import Assembly, packed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.model import RawMail
    from ingest.settings import Limits, Parsing, WorkerSettings

ROOT = Path(__file__).resolve().parents[1]
PIECE_BYTES = 1 << 20
START_S = 120.0  # a machine that cannot start a process in that time is not well
GRACE_S = 5.0  # the process ends itself on time; this is for one that cannot
_START = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from ingest.worker_process import main; main()"
_KEPT = ("PATH", "HOME", "TMPDIR", "LANG", "LC_", "LD_LIBRARY_PATH", "DYLD_", "PYTHON", "VIRTUAL_ENV", "SYSTEMROOT")


class WorkerHandle:
    """A child process, with the numbers of the mails that it still has to answer."""

    def __init__(self, limits: Limits, settings: WorkerSettings, parsing: Parsing) -> None:
        self._settings = settings
        self._words = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        self._process = _started(self._words.fileno())
        self._outgoing: deque[memoryview] = deque()
        self._incoming = Assembly()
        self.ready = False
        self.answered = 0
        self.pending: deque[int] = deque()
        self.place = 0  # of the pending mail that it is at; their number when it reads what it found in all of them
        self._deadline = time.monotonic() + START_S
        for pipe in (self.inbox, self.outbox):
            os.set_blocking(pipe, False)
        self._outgoing.append(memoryview(packed((limits, settings, parsing, os.getpid()))))

    @property
    def pid(self) -> int:
        """Its number in the system."""
        return self._process.pid

    @property
    def inbox(self) -> int:
        """The descriptor that it reads from."""
        assert self._process.stdin is not None  # noqa: S101 - asked for a pipe
        return self._process.stdin.fileno()

    @property
    def outbox(self) -> int:
        """The descriptor that it answers on."""
        assert self._process.stdout is not None  # noqa: S101 - asked for a pipe
        return self._process.stdout.fileno()

    @property
    def is_alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    @property
    def has_words(self) -> bool:
        """Whether something is still to be sent to it."""
        return bool(self._outgoing)

    def give(self, numbers: Sequence[int], mails: Sequence[RawMail]) -> None:
        """It is to read these mails, called by these numbers."""
        self.pending.extend(numbers)
        self.place = 0
        self._outgoing.append(memoryview(packed(tuple(mails))))
        self.restart_clock()

    def done(self) -> None:
        """It has answered for all mails that it was given."""
        self.pending.clear()
        self.answered += 1
        self.place = 0

    def restart_clock(self) -> None:
        """The time for one mail begins."""
        if self.ready:
            self._deadline = time.monotonic() + self._settings.timeout_s + GRACE_S

    def left_s(self) -> float:
        """Seconds until it is late; without anything to do it never is."""
        return self._deadline - time.monotonic() if self.pending or not self.ready else float("inf")

    def send(self) -> None:
        """Whatever the pipe takes now is sent. A process that is gone shows when it is listened to."""
        try:
            while self._outgoing:
                sent = os.write(self.inbox, self._outgoing[0][:PIECE_BYTES])
                self._outgoing[0] = self._outgoing[0][sent:]
                if not self._outgoing[0]:
                    self._outgoing.popleft()
        except BlockingIOError:
            return
        except BrokenPipeError:
            self._outgoing.clear()

    def listen(self) -> Iterator[Any]:
        """The answers that are there.

        Raises:
            EOFError: the process is gone.
        """
        try:
            piece = os.read(self.outbox, PIECE_BYTES)
        except BlockingIOError:
            return
        if not piece:
            raise EOFError
        yield from self._incoming.feed(piece)

    def end(self) -> tuple[int, str]:
        """The process is gone: its exit status, and the last line that it wrote."""
        self._process.kill()
        status = self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._words.seek(0, os.SEEK_END)
        self._words.seek(max(0, self._words.tell() - 2_000))
        lines = self._words.read().decode("utf-8", "replace").split("\n")
        self._words.close()
        return status, next((line.strip()[:200] for line in reversed(lines) if line.strip()), "")


def _started(errors: int) -> subprocess.Popen[bytes]:
    """A fresh interpreter in a process group of its own, without our secrets in its environment."""
    environment = {name: text for name, text in os.environ.items() if name.startswith(_KEPT)}
    try:
        return subprocess.Popen(
            [sys.executable, "-P", "-c", _START],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**environment, "TZ": "UTC"},
            bufsize=0,
            process_group=0,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise WorkerError(f"no process can be started to read mails: {error}", hint=HINT) from error


HINT = "the mails stay where they are and are read next time; look at the machine's memory, processes and open files"
