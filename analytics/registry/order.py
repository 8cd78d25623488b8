"""The entries of the registry as a list of claims, strongest first: the first one that holds for a mail is the answer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ingest.registry import Decision
from ingest.rules import Proof, RuleKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.registry import Entry
    from ingest.rules import Rule

NOT_PASSED = frozenset(
    {"fail", "permerror", "temperror", "neutral", "policy"}
)  # a signature is there, and did not pass
_DECISIONS = (Decision.DENY, Decision.APPROVE, Decision.IGNORE)
_KINDS = (RuleKind.IP, RuleKind.DKIM, RuleKind.ENVELOPE, RuleKind.SELECTOR, RuleKind.SERVICE)  # most specific first


@dataclass(frozen=True, slots=True)
class Claim:
    """A rule of an entry, and what it proves when it fits."""

    entry: Entry
    rule: Rule
    proof: Proof
    broken: bool = False  # it fits signatures that did not pass: everyone can copy such a header

    def strength(self) -> tuple[object, ...]:
        """Smaller is stronger: proof, then decision, then how specific the rule is; last the id, so that the order is total."""
        return (
            self.proof is not Proof.TENANT,
            self.broken,
            _DECISIONS.index(self.entry.decision),
            *_vagueness(self.rule),
            self.entry.entry_id,
            str(self.rule),
        )


@dataclass(frozen=True)
class Registry:
    """Entries with different ids."""

    entries: tuple[Entry, ...]

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        """All that the entries claim, strongest first."""
        return tuple(sorted(self._all(), key=Claim.strength))

    def _all(self) -> Iterator[Claim]:
        for entry in self.entries:
            for rule in entry.rules:
                yield Claim(entry, rule, rule.proof)
                if rule.kind is RuleKind.DKIM and rule.proof is Proof.TENANT and rule.selector.strip("*?."):
                    yield Claim(entry, rule, Proof.VENDOR, broken=True)


def _vagueness(rule: Rule) -> tuple[int, ...]:
    """Smaller is more specific, among the rules of one kind and between kinds."""
    kind = _KINDS.index(rule.kind)
    if rule.kind is RuleKind.IP:
        network = rule.network()
        return kind, network.max_prefixlen - network.prefixlen
    selector = rule.selector if rule.kind is RuleKind.DKIM else ""
    wild = sum(text.count(sign) for text in (rule.value, selector) for sign in "*?")
    return kind, not selector, wild, -len(rule.value), -len(selector)
