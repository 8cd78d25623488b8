"""Who sends as us without being allowed: how much, from where, as whom, and whether anything stops it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analytics.ask import ask
from analytics.frames import DAY, Column, Contract, checked, columns
from analytics.freshness import freshness
from analytics.labels import NO_ADDRESS
from analytics.verdict import said
from analytics.verdict.answers import split
from analytics.verdict.cases import judged_cases
from analytics.verdict.grouping import By, line_of
from analytics.verdict.rules import Side
from ingest.opinions import What

if TYPE_CHECKING:
    from collections.abc import Collection

    from analytics.reader import Reader
    from analytics.window import Window

MEASURES: Contract = (
    Column("messages", "int", "messages", "all of them"),
    Column("delivered", "int", "messages", "neither of the next two: disposition none, pass or not reported"),
    Column("quarantined", "int", "messages", "failed DMARC and were quarantined, says the reporter"),
    Column("rejected", "int", "messages", "failed DMARC and were rejected, says the reporter"),
    Column("stopped", "int", "messages", "the published policy asks quarantine or reject for this name"),
    Column("not_stopped", "int", "messages", "it asks none, or no policy was reported"),
    Column("sources", "int", "addresses", "different source_ip"),
    Column("header_froms", "int", "names", "different header_from"),
    Column("reporters", "int", "reporters", "who said so"),
    Column("first_day", "day", "UTC day", "first day in the window"),
    Column("last_day", "day", "UTC day", "last day in the window"),
    Column("kinds", "texts", "", "kinds of its verdicts, most messages first"),
    Column("as_name", "text", "", "the network of all its addresses; missing: not known, or several"),
    Column("asn", "int?", "", "its number"),
    Column("country", "text", "", "the country of all its addresses; missing: not known, or several"),
)
LINES: Contract = (
    Column("line", "text", "", "what the line is about, see `grouping.line_of`"),
    Column("share", "float", "0..1", "messages / all mail of the window"),
    Column("messages_before", "int?", "messages", "the same line in the window before; missing: no data of all of it"),
    *MEASURES,
)
KINDS: Contract = (
    Column("kind", "text", "", "kind of the verdict"),
    Column("verdict", "text", "", "a value of Verdict"),
    *MEASURES,
)
NAMES: Contract = (
    Column("header_from", "text", "", "a name that sends no mail, in lower case"),
    Column(
        "why", "text", "", "not_a_sender (nothing of its domain passes, and it publishes p=reject) or nothing_passes"
    ),
    *MEASURES,
)
DAYS: Contract = (DAY, *(column for column in MEASURES if column.unit == "messages"))
_COUNTED = ["messages", "delivered", "quarantined", "rejected", "stopped", "not_stopped"]


@dataclass(frozen=True, slots=True)
class Unauthorized:
    """The answer for one window. `looked_at` and `messages` are messages; `total`, `kinds` and `days` hold all of it; `lines` and `names` leave out what is muted."""

    looked_at: int  # all mail of the window
    messages: int
    muted: int  # of them are not in lines and names, because somebody muted them
    messages_before: int | None  # in the window before; None: there is not data of all of it
    total: pd.DataFrame  # LINES, one row about everything; none without such mail
    lines: pd.DataFrame  # LINES, most messages first
    kinds: pd.DataFrame  # KINDS, most messages first
    names: pd.DataFrame  # NAMES, most messages first: parked and non-existent names
    days: pd.DataFrame  # DAYS, every day of the window


def chosen(reader: Reader, window: Window, *, unknown: bool = False, missing: Collection[str] = ()) -> pd.DataFrame:
    """Mail that is not ours, day by day, with `delivered` and `not_stopped`: what all numbers here are added up from.

    Args:
        reader: the database, whose verdicts are up to date.
        window: days and policy domain.
        unknown: also what is not known yet.
        missing: names that do not exist in DNS: for them np counts, not sp. No report says so.
    """
    mine = judged_cases(reader, window, (Side.NOT_OURS, Side.UNKNOWN) if unknown else (Side.NOT_OURS,), daily=True)
    stopped = mine["stopped"].mask(mine["header_from"].isin(set(missing)), mine["stopped_missing"])
    delivered = mine["messages"] - mine["quarantined"] - mine["rejected"]
    return mine.assign(stopped=stopped, not_stopped=mine["messages"] - stopped, delivered=delivered)


def unauthorized(
    reader: Reader, window: Window, *, by: By = By.NETWORK, unknown: bool = False, missing: Collection[str] = ()
) -> Unauthorized:
    """Who sends as us without being allowed.

    Args:
        reader: the database, whose verdicts are up to date.
        window: days and policy domain.
        by: what `lines` has a row for.
        unknown: see `chosen`.
        missing: see `chosen`.

    Raises:
        StoreError: the database is missing, busy or damaged.
    """
    with reader.asking() as asking:
        cases = chosen(asking, window, unknown=unknown, missing=missing)
        before = window.previous() if comparable(asking, window) else None
        earlier = None if before is None else chosen(asking, before, unknown=unknown, missing=missing)
        everything = int(split(asking, window)["messages"].sum())
        silent = ask(asking, "verdict_names", window.parameters())
        hidden = said.muted(cases, said.in_force(asking, What.MUTE))
    listed = cases[~hidden]
    return Unauthorized(
        looked_at=everything,
        messages=int(cases["messages"].sum()),
        muted=int(cases.loc[hidden, "messages"].sum()),
        messages_before=None if earlier is None else int(earlier["messages"].sum()),
        total=_lines(cases, earlier, everything, by=None),
        lines=_lines(listed, earlier, everything, by=by),
        kinds=_ranked(added(cases, ["kind", "verdict"]), KINDS),
        names=_names(listed, silent),
        days=_days(cases, window),
    )


def comparable(reader: Reader, window: Window) -> bool:
    """Whether there is data of the whole window before: else everything would have grown.

    Raises:
        StoreError: the database is missing, busy or damaged.
    """
    first, since = freshness(reader).first_day, window.previous().since
    return first is not None and first <= since


def added(cases: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """`keys` and MEASURES: one row per key of `chosen`, sorted by it. Every number of this module comes from here."""
    of = cases.assign(source_ip=cases["source_ip"].fillna(NO_ADDRESS)).sort_values(keys, kind="stable")
    by = of.groupby(keys, sort=True)
    told = of[[*keys, "reporters"]].explode("reporters").groupby(keys)["reporters"]
    kinds = of.groupby(list(dict.fromkeys([*keys, "kind"])))["messages"].sum().reset_index()
    kinds = kinds.sort_values(["messages", "kind"], ascending=[False, True])
    frame = by[_COUNTED].sum()
    frame = frame.assign(
        sources=by["source_ip"].nunique(),
        header_froms=by["header_from"].nunique(),
        reporters=told.nunique(),
        first_day=by["day"].min(),
        last_day=by["day"].max(),
        kinds=kinds.groupby(keys)["kind"].agg(list),
        **{name: _only(by, name) for name in ("as_name", "asn", "country")},
    )
    return frame.reset_index()


def _only(by: Any, name: str) -> pd.Series[Any]:
    """What all cases of a line agree in; missing where they do not."""
    found: pd.Series[Any] = by[name].first()
    return found.where(by[name].nunique(dropna=False).eq(1))


def _lines(cases: pd.DataFrame, earlier: pd.DataFrame | None, everything: int, *, by: By | None) -> pd.DataFrame:
    frame = added(_about(cases, by), ["line"])
    before: pd.Series[Any] = pd.Series(pd.NA, index=frame.index, dtype="Int64")
    if earlier is not None:
        then = _about(earlier, by).groupby("line")["messages"].sum()
        before = frame["line"].map(then).fillna(0).astype("Int64")
    share = frame["messages"] / everything if everything else float("nan")
    return _ranked(frame.assign(share=share, messages_before=before), LINES)


def _about(cases: pd.DataFrame, by: By | None) -> pd.DataFrame:
    return cases.assign(line="all" if by is None else line_of(cases, by))


def _ranked(frame: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    key = contract[0].name
    return checked(frame.sort_values(["messages", key], ascending=[False, True]), contract)


def _names(cases: pd.DataFrame, silent: pd.DataFrame) -> pd.DataFrame:
    """The names that send no mail: parked, or nothing of them passes, is ours or looks like a service of ours."""
    why = pd.Series(
        np.where(silent["parked"], "not_a_sender", "nothing_passes"), index=silent["header_from"], dtype=object
    )
    frame = added(cases[cases["header_from"].isin(why.index)], ["header_from"])
    return _ranked(frame.assign(why=frame["header_from"].map(why)), NAMES)


def _days(cases: pd.DataFrame, window: Window) -> pd.DataFrame:
    every = pd.date_range(window.since, window.until, freq="D", name="day", unit="us")
    frame = added(cases, ["day"]).set_index("day")[_COUNTED].reindex(every, fill_value=0)
    return checked(frame.reset_index()[columns(DAYS)], DAYS)
