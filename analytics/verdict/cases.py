"""The cases of a window: what its accepted records say, folded where a verdict cannot differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analytics.ask import ask
from analytics.frames import texts

if TYPE_CHECKING:
    from analytics.reader import Reader
    from analytics.window import Window

TEXTS = (
    *("policy_domain", "header_from", "source_ip", "envelope_from", "p", "our_domain", "our_selector", "our_result"),
    *("other_domain", "other_selector", "spf_domain", "spf_scope", "spf_result", "override"),
    *("reverse_name", "country", "as_name", "as_domain", "service", "service_kind"),
)


def cases(reader: Reader, window: Window) -> pd.DataFrame:
    """One row per case, with the columns of `queries/verdict_cases.sql`; a text that is missing is None.

    Raises:
        StoreError: the database is missing, busy or damaged.
    """
    frame = ask(reader, "verdict_cases", window.parameters())
    plain = {name: frame[name].astype(object).where(frame[name].notna(), None) for name in TEXTS}
    reporters = pd.Series(list(map(texts, frame["reporters"])), index=frame.index, dtype=object)
    return frame.assign(**plain, reporters=reporters)
