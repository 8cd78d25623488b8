"""Measures how often verdicts are right: `python -m tests.simulator [--seeds N ...] [--flows] [--write-docs]`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from tests.simulator import document
from tests.simulator.figures import BESIDE, FIGURES, confusion, of_flows
from tests.simulator.score import VARIANTS, scored
from tests.simulator.world import TUNING, UNSEEN

if TYPE_CHECKING:
    from collections.abc import Sequence


def measured(seeds: Sequence[int]) -> pd.DataFrame:
    """`scored` of several seeds."""
    with tempfile.TemporaryDirectory(prefix="whosends-simulator-") as folder:
        return pd.concat([scored(seed, Path(folder)) for seed in seeds], ignore_index=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Everything is measured and said; 0 also where a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulator", description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", metavar="N", help="only these; default: tuning and unseen ones")
    parser.add_argument("--flows", action="store_true", help="also which rule decided about each flow")
    parser.add_argument("--write-docs", action="store_true", help="into docs/verdicts.md")
    wanted = parser.parse_args(arguments)
    if wanted.seeds and wanted.write_docs:
        parser.error("the document is about all seeds")
    sets = {"these": wanted.seeds} if wanted.seeds else {"tuning": TUNING, "unseen": UNSEEN}
    frames = {name: measured(seeds) for name, seeds in sets.items()}
    for name, frame in frames.items():
        for variant in VARIANTS:
            print_one(f"{name} seeds, {variant}", frame[frame["variant"].eq(variant)], flows=wanted.flows)
    if wanted.write_docs:
        document.write(frames)
    return 0


def print_one(title: str, frame: pd.DataFrame, *, flows: bool) -> None:
    """Matrix and figures."""
    print(f"\n== {title}: {frame['messages'].sum():,} messages")
    print(confusion(frame).to_string())
    for figure in FIGURES:
        print(f"{figure.name:48} {figure.share(frame):9.4%}  {'met' if figure.met(frame) else 'MISSED'}")
    for figure in BESIDE:
        print(f"{figure.name:48} {figure.share(frame):9.4%}")
    if flows:
        print(of_flows(frame).to_string(index=False))


if __name__ == "__main__":
    sys.exit(main())
