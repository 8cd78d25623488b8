"""Every case gets exactly one verdict, with the rule that gave it and how sure it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analytics.verdict.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from analytics.verdict.rules import Rule

ANSWER = ("rule_id", "verdict", "kind", "side", "confidence", "service_id", "entry_id", "act_no")


def judged(signals: pd.DataFrame, rules: Sequence[Rule] = RULES) -> pd.DataFrame:
    """The signals with `verdict`, `kind`, `side`, `rule_id` and `confidence` (high, medium, low) of the first rule that matches.

    The last rule of `rules` must match everything.
    """
    number = np.full(len(signals), len(rules))
    sure = np.zeros(len(signals), dtype=bool)
    for place, rule in reversed(list(enumerate(rules))):
        matches = rule.when(signals).to_numpy(dtype=bool)
        number[matches] = place
        sure[matches] = True if rule.high is None else rule.high(signals).to_numpy(dtype=bool)[matches]
    if (number == len(rules)).any():
        raise AssertionError("a case has no verdict: the last rule must match all of them")
    told = {
        "verdict": [str(rule.verdict) for rule in rules],
        "kind": [rule.kind for rule in rules],
        "side": [str(rule.side) for rule in rules],
        "rule_id": [rule.id for rule in rules],
    }
    answers = {name: np.array(values, dtype=object)[number] for name, values in told.items()}
    weaker = np.array([rule.otherwise for rule in rules], dtype=object)[number]
    return signals.assign(**answers, confidence=np.where(sure, "high", weaker))
