"""The measurement as a part of docs/verdicts.md."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.simulator.figures import BESIDE, FIGURES, confusion
from tests.simulator.hard import CASES, outcome, right
from tests.simulator.score import VARIANTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

    from tests.simulator.figures import Figure

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "verdicts.md"
BEGIN, END = "<!-- simulator -->\n", "<!-- end simulator -->"
WORST = 8  # flows that are shown


def write(frames: Mapping[str, pd.DataFrame], document: Path = DOCUMENT) -> None:
    """The document holds this measurement in place of the last one; the rest of it is as it was."""
    text = document.read_text(encoding="utf-8")
    start, stop = text.index(BEGIN) + len(BEGIN), text.index(END)
    document.write_text(text[:start] + "\n".join(lines(frames)) + "\n" + text[stop:], encoding="utf-8")


def lines(frames: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    """The text of the measurement: figures, matrices of the last set of seeds, what was wrong in it, hard cases."""
    parts = {(name, variant): _of(frame, variant) for name, frame in frames.items() for variant in VARIANTS}
    yield "Shares of messages; the worst single seed in brackets.\n"
    yield from table(
        ("", "target", *(f"{name} seeds, {variant}" for name, variant in parts)),
        [
            [figure.name, _target(figure), *(_cell(figure, part) for part in parts.values())]
            for figure in FIGURES + BESIDE
        ],
    )
    name, last = list(frames.items())[-1]
    for variant in VARIANTS:
        matrix = confusion(_of(last, variant))
        yield f"\nMessages of the {name} seeds, {variant}; rows are true, columns are said:\n"
        columns = [side.replace("_", " ") for side in matrix.columns]
        rows = [
            [told, *(f"{value:,}" for value in row)] for told, row in zip(matrix.index, matrix.to_numpy(), strict=True)
        ]
        yield from table(("", *columns), rows)
    yield f"\nWhat was wrong most often ({name} seeds, {VARIANTS[-1]}):\n"
    yield from table(
        ("mail", "in truth", "wrong", "of its messages", "decided by"), list(_worst(_of(last, VARIANTS[-1])))
    )
    yield f"\nTen hard cases ({name} seeds):\n"
    yield from table(("mail", "why it is hard", *VARIANTS), list(_hard(last)))


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The lines of a Markdown table."""
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    yield from (f"| {' | '.join(row)} |" for row in rows)


def _of(frame: pd.DataFrame, variant: str) -> pd.DataFrame:
    return frame[frame["variant"].eq(variant)]


def _target(figure: Figure) -> str:
    return "" if figure.target is None else f"{'≤' if figure.at_most else '≥'} {figure.target:.1%}"


def _cell(figure: Figure, frame: pd.DataFrame) -> str:
    shares = [figure.share(one) for _, one in frame.groupby("seed")]
    worst = max(shares) if figure.at_most else min(shares)
    said = f"{figure.share(frame):.2%} ({worst:.2%})"
    return said if figure.target is None or figure.met(frame) else f"**{said}**"


def _worst(frame: pd.DataFrame) -> Iterator[list[str]]:
    wrong = frame[~right(frame)]
    sums = wrong.groupby(["flow", "told"], as_index=False).agg(messages=("messages", "sum"))
    for line in sums.sort_values("messages", ascending=False).head(WORST).to_dict("records"):
        flow, told, messages = line["flow"], line["told"], line["messages"]
        total = frame.loc[frame["flow"].eq(flow) & frame["told"].eq(told), "messages"].sum()
        by = outcome(wrong[wrong["flow"].eq(flow) & wrong["told"].eq(told)])
        yield [flow, told, f"{messages:,}", f"{messages / total:.0%}", by]


def _hard(frame: pd.DataFrame) -> Iterator[list[str]]:
    for flow, why in CASES.items():
        of_flow = frame[frame["flow"].eq(flow)]
        yield [flow, why, *(outcome(_of(of_flow, variant)) for variant in VARIANTS)]
