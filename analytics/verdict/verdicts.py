"""Every record gets exactly one verdict, with the rule that gave it and how sure it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analytics.verdict.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analytics.verdict.rules import Rule


def judged(signals: pd.DataFrame, rules: Sequence[Rule] = RULES) -> pd.DataFrame:
    """The cases with `verdict`, `kind`, `side`, `rule_id` and `confidence` (high, medium, low) of the first rule that matches.

    The last rule of `rules` must match everything.
    """
    number = pd.Series(len(rules), index=signals.index)
    sure = pd.Series(False, index=signals.index)
    for place, rule in reversed(list(enumerate(rules))):
        matches = rule.when(signals).fillna(False).astype(bool)
        number = number.mask(matches, place)
        certain = matches if rule.high is None else rule.high(signals).fillna(False).astype(bool)
        sure = sure.mask(matches, certain)
    if number.eq(len(rules)).any():
        raise AssertionError("a case has no verdict: the last rule must match all of them")
    chosen = number.to_numpy()
    told = {
        "verdict": [str(rule.verdict) for rule in rules],
        "kind": [rule.kind for rule in rules],
        "side": [str(rule.side) for rule in rules],
        "rule_id": [rule.id for rule in rules],
    }
    answers = {name: np.array(values, dtype=object)[chosen] for name, values in told.items()}
    weaker = np.array([rule.otherwise for rule in rules], dtype=object)[chosen]
    return signals.assign(**answers, confidence=np.where(sure.to_numpy(), "high", weaker))
