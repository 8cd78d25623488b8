"""Another process that opens a DuckDB file and knows nothing of the gate."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HOLD = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"


@contextmanager
def holding(path: Path) -> Iterator[None]:
    """The file is open for writing elsewhere inside the block."""
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        if other.stdout is None or other.stdin is None:
            raise AssertionError("pipes were asked for")
        other.stdout.readline()
        try:
            yield
        finally:
            other.stdin.close()
