"""How much of a number stands in reports whose sender was not verified."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from analytics.ask import ask

if TYPE_CHECKING:
    from analytics.reader import Reader
    from analytics.window import Window

VERIFIED = 2  # from here on the report mail was authenticated and belongs to its reporter (docs/trust.md)


@dataclass(frozen=True, slots=True)
class TrustShare:
    """Accepted messages of a window, and those of them in reports below VERIFIED."""

    messages: int
    unverified: int

    @property
    def share(self) -> float:
        """0..1; NaN without messages."""
        return self.unverified / self.messages if self.messages else float("nan")


def unverified(reader: Reader, window: Window) -> TrustShare:
    """How many messages of the window stand in reports that nobody vouches for but themselves."""
    levels = ask(reader, "trust_levels", window.parameters())
    low = pd.to_numeric(levels["trust"]).fillna(0) < VERIFIED
    messages = levels["messages"].astype("int64")
    return TrustShare(int(messages.sum()), int(messages[low].sum()))
