"""What every part of the benchmark stands on: sizes, a place to work, commands that are timed, and what is said meanwhile."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench import facts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
SMALLEST_FACTS = 100_000


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured; each is a variable of the environment, such as BENCH_MAILS. The defaults end within some minutes."""

    mails: int = 300  # of a mailbox of reports; 1000 for the figures in docs/performance.md
    records: int = 20_000  # of one huge report; 100000
    polled: int = 500  # mails on the IMAP server; 10000
    facts: int = 1_000_000  # records of the largest database; 10000000 or 100000000
    repeats: int = 5

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Sizes:
        """What the environment says."""
        names = {field.name: f"BENCH_{field.name.upper()}" for field in fields(cls)}
        return cls(
            **{name: int(environment[variable]) for name, variable in names.items() if environment.get(variable)}
        )

    @property
    def databases(self) -> list[int]:
        """The sizes of the databases that are asked: powers of ten up to `facts`."""
        sizes = [size for size in (10**power for power in range(3, 9)) if SMALLEST_FACTS <= size < self.facts]
        return [*sizes, self.facts]


class Bench:
    """A folder in which everything happens, and the measures."""

    def __init__(self, folder: Path, sizes: Sizes, *, kept: Path | None = None) -> None:
        self.folder = folder
        self.kept = kept or folder  # where databases of facts are, from earlier runs too
        self.sizes = sizes
        self.curves: dict[str, dict[int, float]] = {}  # question → records of the database → seconds

    def say(self, text: str) -> None:
        """Progress, on standard error."""
        print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)

    def whosends_s(self, *arguments: str | Path, codes: Sequence[int] = (0,)) -> float:
        """Seconds of one whole `whosends` command."""
        return self.command_s([str(BIN / "whosends"), *map(str, arguments)], codes=codes)

    def command_s(self, command: Sequence[str], *, codes: Sequence[int] = (0,)) -> float:
        """Seconds of a whole process, from nothing to its end."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("WHOSENDS")}
        environment |= {"HOME": str(self.folder), "PYTHONPATH": str(ROOT)}
        start = time.perf_counter()
        ran = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        taken_s = time.perf_counter() - start
        if ran.returncode not in codes:
            raise AssertionError(f"{' '.join(command[:4])} ended with {ran.returncode}: {_last_line(ran.stderr)}")
        return taken_s

    def child(self, job: str, *arguments: object) -> tuple[Any, float]:
        """What `tests.bench.child` answers, and its peak memory in MiB."""
        command = [sys.executable, "-m", "tests.bench.child", job, *map(str, arguments)]
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if ran.returncode:
            raise AssertionError(f"{job} failed: {_last_line(ran.stderr)}")
        said = json.loads(ran.stdout.splitlines()[-1])
        return said["answer"], float(said["peak_mb"])

    def median_s(self, command: Sequence[str]) -> float:
        """The median of several runs of a command, after a first one."""
        return statistics.median([self.command_s(command) for _ in range(self.sizes.repeats + 1)][1:])

    def database(self, records: int) -> Path:
        """A database of about that many facts; made once."""
        path = self.kept / f"facts-{records}.duckdb"
        if not path.exists():
            self.say(f"making a database of {records:,} records")
            facts.make(path, records)
        return path


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no word"])[-1]
