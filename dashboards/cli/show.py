"""How the command line prints: tables, JSON, progress and complaints. Text from reports is never taken for markup."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections import Counter
from contextlib import contextmanager
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dashboards.wording.plain import visible
from dashboards.wording.words import ENGLISH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pandas as pd

    from ingest.errors import WhosendsError
    from ingest.store.connect import Database


def out() -> Console:
    """Standard output."""
    return Console(highlight=False)


def err() -> Console:
    """Standard error: progress and complaints."""
    return Console(stderr=True, highlight=False)


def complain(error: WhosendsError) -> None:
    """One error, and what to do about it."""
    console = err()
    console.print(Text(f"whosends: {visible(error.message)}", style="red"), soft_wrap=True)
    if error.hint:
        console.print(Text(f"          {visible(error.hint)}"), soft_wrap=True)


def as_json(value: object) -> None:
    """`value` as one JSON document; times as ISO 8601 in UTC, missing values as null."""
    print(json.dumps(_plain(value), ensure_ascii=False, indent=2, allow_nan=False))


def fields(value: Any) -> dict[str, Any]:
    """The fields of a dataclass, one level deep."""
    return {entry.name: getattr(value, entry.name) for entry in dataclasses.fields(value)}


def rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """A frame as JSON-ready objects."""
    return [{str(key): _plain(value) for key, value in row.items()} for row in frame.to_dict("records")]


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | str):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, float):
        return None if value != value else value  # noqa: PLR0124 - NaN
    if isinstance(value, datetime):
        if str(value) == "NaT":
            return None
        return value.date().isoformat() if _is_day(value) else value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date | Path):
        return str(value)
    if isinstance(value, dict | Counter):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {entry.name: _plain(getattr(value, entry.name)) for entry in dataclasses.fields(value)}
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return None if str(value) in {"NaT", "<NA>"} else str(value)


def _is_day(value: datetime) -> bool:
    return (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0)


def table(title: str, columns: Sequence[tuple[str, str]], lines: Sequence[Sequence[object]]) -> None:
    """A table: heading and "left", "right" or "date" for each column, and cells as plain text."""
    made = Table(title=title, title_justify="left", title_style="bold", header_style="bold", box=None, pad_edge=False)
    for heading, side in columns:
        made.add_column(
            heading, justify="right" if side == "right" else "left", overflow="fold", no_wrap=side != "left"
        )
    for line in lines:
        made.add_row(*(Text(visible(cell)) if isinstance(cell, str) else Text(_cell(cell)) for cell in line))
    out().print(made)


def _cell(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return "" if value is None else str(value)


def share(part: int, whole: int) -> str:
    """A rate in percent, or `27 of 29` where there is too little to speak of a rate."""
    return ENGLISH.passed(part, whole, part / whole if whole else float("nan"))


def said(text: str) -> None:
    """One line on standard output, as it is."""
    out().print(Text(visible(text)), soft_wrap=True)


def not_kept(kept_from: date | None) -> str:
    """That there are sums of earlier days, but no records."""
    return ENGLISH("records.not_kept", day=str(kept_from))


@contextmanager
def progress(label: str, *, shown: bool) -> Iterator[Callable[[int, int | None], None]]:
    """A bar on standard error with rate and time left, where that is a terminal."""
    if not shown or not sys.stderr.isatty():
        yield _unseen
        return
    from rich import progress as bars

    columns = (
        bars.TextColumn("{task.description}"),
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
        bars.TextColumn("{task.fields[rate]}"),
        bars.TimeRemainingColumn(),
    )
    with bars.Progress(*columns, console=err(), transient=True) as bar:
        task = bar.add_task(label, total=None, rate="")

        def step(done: int, total: int | None) -> None:
            speed = bar.tasks[0].finished_speed or bar.tasks[0].speed
            bar.update(task, completed=done, total=total, rate=f"{speed:,.0f}/s" if speed else "")

        yield step


def judged(database: Database, *, shown: bool) -> None:
    """Every accepted record has its verdict by what is known now; nothing is done where there is no database yet.

    Raises:
        StoreError: the database refused.
    """
    from analytics.verdict.known import bring_up_to_date

    if database.path.exists():
        with progress("Judging", shown=shown) as step:
            bring_up_to_date(database, progress=step)


def _unseen(_done: int, _total: int | None) -> None:
    """Progress that nobody watches."""
