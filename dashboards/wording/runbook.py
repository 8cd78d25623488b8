"""Which page of `docs/runbook` says more about a verdict: why it happens, how to check it, what to change, how to know that it worked."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dashboards.wording.words import Words

PAGES = {
    "M1": "dkim-elsewhere",
    "M2": "spf-elsewhere",
    "M3": "both-elsewhere",
    "M4": "broken-signature",
    "M5": "no-authentication",
    "A2": "spf-only",
    "A4": "aligned-new-place",
    "D2": "denied-passes",
    "F2": "forwarded",
    "L1": "mailing-list",
    "E1": "probable-service",
    **dict.fromkeys(("D1", "S1", "S2", "S3", "S4", "S5"), "spoofing"),
    "T1": "temporary",
    "U1": "unknown",
}
NOTHING_TO_DO = frozenset({"A1", "A3", "F1", "X1"})  # rules whose mail needs no page


def runbook(words: Words, rule_id: str) -> str | None:
    """The page about a rule in this language, as a path from the root of the project; None where nothing is to be done."""
    page = PAGES.get(rule_id)
    return None if page is None else f"docs/runbook/{words.language}/{page}.md"
