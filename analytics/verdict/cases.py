"""The cases of a window with the verdicts that they got: what is added up, and what people read one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analytics.ask import ask
from analytics.frames import texts
from analytics.verdict.rules import Side

if TYPE_CHECKING:
    from collections.abc import Collection

    from analytics.reader import Reader
    from analytics.window import Window

TEXTS = (
    *("policy_domain", "header_from", "source_ip", "envelope_from", "p", "our_domain", "our_selector", "our_result"),
    *("other_domain", "other_selector", "spf_domain", "spf_scope", "spf_result", "override"),
    *("reverse_name", "country", "as_name", "as_domain", "service", "service_kind", "service_id", "entry_id"),
)


def judged_cases(
    reader: Reader, window: Window, sides: Collection[Side] = tuple(Side), *, daily: bool = False
) -> pd.DataFrame:
    """One row per case and verdict, with the columns of `queries/verdict_cases.sql`; a text that is missing is None.

    Args:
        reader: the database, whose verdicts are up to date (`known.bring_up_to_date`).
        window: days and policy domain.
        sides: only these.
        daily: each day has rows of its own.

    Raises:
        StoreError: the database is missing, busy or damaged.
    """
    asked = {"sides": [str(side) for side in sides], "daily": daily}
    frame = ask(reader, "verdict_cases", window.parameters() | asked)
    plain = {name: frame[name].astype(object).where(frame[name].notna(), None) for name in TEXTS}
    reporters = pd.Series(list(map(texts, frame["reporters"])), index=frame.index, dtype=object)
    return frame.assign(**plain, reporters=reporters)
