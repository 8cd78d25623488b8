"""Runs `whosends` again and again without importing it again and again, under faults."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parents[2]
QUICK: Mapping[str, Any] = {  # the same program in small batches and with short pauses
    "ingest.poll:BATCH_MAILS": 5,
    "ingest.mailbox.session:RETRY_PAUSES_S": [0.01, 0.02, 0.05],
}


@dataclass(frozen=True)
class Ended:
    """How a run ended: exit code, or minus the signal; calls of functions in ingest that it made."""

    status: int
    calls: int
    said: str

    @property
    def killed(self) -> bool:
        return self.status == -signal.SIGKILL


class Poller:
    """A preloaded process, see `tests.faults.preloaded`. One run at a time."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, *arguments: str, folder: Path, constants: Mapping[str, Any] = QUICK, **fault: Any) -> Ended:
        """`whosends` with these arguments.

        Args:
            folder: where its output is kept.
            constants: "module:NAME" → value.
            fault: `point` (see `points._arm_step`), `call` (dies at that call), `counting` (of calls), `kill_after_s`, `limits` (RLIMIT_… →
                value), `workers` (mails are read in processes of their own, as without this harness).
        """
        log = folder.with_suffix(".log")  # not inside: the disk there may be full
        log.unlink(missing_ok=True)
        request = {"arguments": arguments, "log": str(log), "constants": dict(constants), **fault}
        if self._process.stdin is None:
            raise AssertionError("a pipe was asked for")
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = self._answer()
        said = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        return Ended(answer["status"], answer["calls"], said)

    def _answer(self) -> dict[str, Any]:
        if self._process.stdout is None:
            raise AssertionError("a pipe was asked for")
        line = self._process.stdout.readline()
        if not line:
            raise AssertionError("the preloaded process is gone")
        return dict(json.loads(line))

    def wait_until_ready(self) -> None:
        self._answer()


@contextmanager
def preloaded() -> Iterator[Poller]:
    """A poller that lives as long as the block."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("WHOSENDS")}
    with subprocess.Popen(
        [sys.executable, "-m", "tests.faults.preloaded"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        poller = Poller(process)
        poller.wait_until_ready()
        try:
            yield poller
        finally:
            if process.stdin is not None:
                process.stdin.close()
            process.wait(30)
