"""Runs the benchmark: `python -m tests.bench [PART...] [--json FILE] [--write-docs]`; sizes by BENCH_MAILS and the like."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench import asking, intake, results
from tests.bench.bench import Bench, Sizes
from tests.bench.lines import missing, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.bench.lines import Line

PARTS: dict[str, Callable[[Bench], Iterator[Line]]] = {
    **{part.__name__: part for part in (intake.a, intake.b, intake.c, intake.d)},
    **{part.__name__: part for part in (asking.e, asking.f, asking.g, asking.h)},
}


def measured(bench: Bench, names: Sequence[str]) -> list[Line]:
    """The lines of these parts, each said as soon as it is known."""
    lines = []
    for name in names:
        bench.say(f"part {name}: {PARTS[name].__doc__}")
        for line in _lines(bench, name):
            bench.say(table([line]).splitlines()[1])
            lines.append(line)
    return lines


def _lines(bench: Bench, name: str) -> Iterator[Line]:
    """Those of one part; what goes wrong in it costs no other part its results."""
    try:
        yield from PARTS[name](bench)
    except AssertionError as error:
        yield missing(name, f"part {name}", str(error))


def main(arguments: Sequence[str] | None = None) -> int:
    """Everything that is wanted is measured and said; 0 also where a target is missed."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help="a to h; default: all of them")
    parser.add_argument("--json", type=Path, metavar="FILE", help="the same as JSON")
    parser.add_argument("--write-docs", action="store_true", help="into docs/performance.md and its picture")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="work here; large databases are kept and used again")
    wanted = parser.parse_args(arguments)
    if unknown := sorted(set(wanted.parts) - set(PARTS)):
        parser.error(f"no part {', '.join(unknown)}: they are {' '.join(PARTS)}")
    sizes = Sizes.of(os.environ)
    if wanted.keep:
        wanted.keep.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="whosends-bench-", dir=wanted.keep) as folder:
        bench = Bench(Path(folder), sizes, kept=wanted.keep)
        lines = measured(bench, wanted.parts or list(PARTS))
    print(table(lines))
    print("met is empty where the sizes are smaller than those that the target is for, see docs/performance.md")
    if wanted.json:
        results.write_json(wanted.json, lines, bench)
    if wanted.write_docs:
        results.write_docs(lines, bench)
    return 0


if __name__ == "__main__":
    sys.exit(main())
