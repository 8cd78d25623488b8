"""How often the verdicts are right: shares of messages, and what they should be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analytics.verdict.rules import Side
from tests.simulator.nouns import Told
from tests.simulator.spoofed import BEYOND

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    Mask = pd.Series[bool]

OURS = (Told.FINE, Told.BROKEN, Told.TEMPORARY)
CALLED_OURS = (Side.FINE, Side.BROKEN)


@dataclass(frozen=True, slots=True)
class Figure:
    """A share of messages. `target` is a bound that is wanted; without one it is only told."""

    name: str
    of: Callable[[pd.DataFrame], Mask]  # the messages that are looked at
    which: Callable[[pd.DataFrame], Mask]  # those of them that are counted
    target: float | None = None
    at_most: bool = True

    def share(self, frame: pd.DataFrame) -> float:
        """0..1; NaN where there is nothing to look at."""
        of = self.of(frame)
        total = frame.loc[of, "messages"].sum()
        return float(frame.loc[of & self.which(frame), "messages"].sum() / total) if total else float("nan")

    def met(self, frame: pd.DataFrame) -> bool:
        """Whether the share is what it should be."""
        share = self.share(frame)
        if self.target is None:
            raise ValueError(f"{self.name}: has no target")
        return share <= self.target if self.at_most else share >= self.target


def _spoofed(frame: pd.DataFrame) -> Mask:
    return _true(frame, Told.SPOOFED)


def _true(frame: pd.DataFrame, *told: Told) -> Mask:
    return frame["told"].isin([one.value for one in told])


def _called(frame: pd.DataFrame, *sides: Side) -> Mask:
    return frame["side"].isin([side.value for side in sides])


FIGURES = (
    Figure("spoofing called ours", _spoofed, lambda f: _called(f, *CALLED_OURS), 0.001),
    Figure("ours called spoofing", lambda f: _true(f, *OURS), lambda f: _called(f, Side.NOT_OURS), 0.005),
    Figure("unknown (U1, A4)", lambda f: f["messages"].ge(0), lambda f: f["rule_id"].isin(("U1", "A4")), 0.05),
    Figure(
        "cause of misconfiguration right",
        lambda f: _true(f, Told.BROKEN) & _called(f, Side.BROKEN),
        lambda f: f["kind"].eq(f["cause"]),
        0.95,
        at_most=False,
    ),
)
BESIDE = (
    Figure(
        "spoofing called ours, without what passes SPF",
        lambda f: _spoofed(f) & f["flow"].ne(BEYOND),
        lambda f: _called(f, *CALLED_OURS),
    ),
    Figure("spoofing called passed on", _spoofed, lambda f: _called(f, Side.INDIRECT)),
    Figure("spoofing called spoofing", _spoofed, lambda f: _called(f, Side.NOT_OURS)),
    Figure("passed on, called spoofing", lambda f: _true(f, Told.PASSED_ON), lambda f: _called(f, Side.NOT_OURS)),
    Figure("passed on, called ours", lambda f: _true(f, Told.PASSED_ON), lambda f: _called(f, *CALLED_OURS)),
    Figure("ours and broken, found as that", lambda f: _true(f, Told.BROKEN), lambda f: _called(f, Side.BROKEN)),
    Figure("probably a service (E1)", lambda f: f["messages"].ge(0), lambda f: f["rule_id"].eq("E1")),
    Figure("temporary (T1)", lambda f: f["messages"].ge(0), lambda f: f["rule_id"].eq("T1")),
)


def confusion(frame: pd.DataFrame) -> pd.DataFrame:
    """Messages: one row per truth in the order of `Told`, one column per side in the order of `Side`."""
    table = frame.pivot_table(index="told", columns="side", values="messages", aggfunc="sum", fill_value=0)
    sides = [str(side) for side in Side if side is not Side.EXCLUDED]
    return table.reindex(index=[str(one) for one in Told], columns=sides, fill_value=0).astype("int64")


def of_flows(frame: pd.DataFrame) -> pd.DataFrame:
    """Messages per truth, flow and rule: where it goes wrong."""
    sums = frame.groupby(["told", "flow", "side", "rule_id"], as_index=False).agg(messages=("messages", "sum"))
    return sums.sort_values(["told", "flow", "messages"], ascending=[True, True, False])
