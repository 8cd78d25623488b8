"""The rules, in their order: the first that matches gives the verdict. One line of facts each; the facts are in `signals.py`.

A rule never says "ours" because of something that a stranger can write into a mail: a failing signature, a name in the envelope or an account
at a service that we use too. Where two rules could both match, the order says which one wins, and `tests/analytics/verdict` says why.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    Mask = pd.Series[bool]
    Signals = pd.DataFrame

VERSION = 2  # of the whole list: raised whenever a verdict may come out differently


class Verdict(StrEnum):
    """Whose mail it is."""

    AUTHORIZED = "authorized"
    NEW_PLACE = "aligned_new_place"
    FORWARDED = "forwarded"
    LIST = "mailing_list"
    MISCONFIGURED = "misconfigured"
    PROBABLE_SERVICE = "probable_service"
    SPOOFING = "spoofing"
    TEMPORARY = "temporary"
    UNKNOWN = "unknown"
    EXCLUDED = "excluded"


class Side(StrEnum):
    """The four-way split of all mail, and what cannot be told."""

    FINE = "ours_fine"
    BROKEN = "ours_broken"
    INDIRECT = "indirect"
    NOT_OURS = "not_ours"
    UNKNOWN = "unknown"
    EXCLUDED = "excluded"


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the list. `high` says where the verdict is certain; elsewhere the confidence is `otherwise`."""

    id: str
    verdict: Verdict
    kind: str  # which sort of that verdict
    side: Side
    when: Callable[[Signals], Mask]
    high: Callable[[Signals], Mask] | None = None  # None: always
    otherwise: str = "medium"


def ours(x: Signals) -> Mask:
    """Registered, or from a place that the data shows to send for us, unless what passed belongs to another customer of the same service."""
    return x.registered | ((x.registered_vendor | x.acts_as_ours) & ~x.another_tenant)


def passed_on(x: Signals) -> Mask:
    """There is a hint that somebody passed the mail on."""
    return x.forwards | x.envelope_rewritten | x.says_forwarded | x.many_selectors | x.strays


def two_hints(x: Signals) -> Mask:
    """At least two of them."""
    return (x.forwards.astype(int) + x.envelope_rewritten + x.says_forwarded + x.many_selectors + x.strays) >= 2


def left_home(x: Signals) -> Mask:
    """Signed at home, and then passed on from there: by another customer of the same service, or a receiver says so."""
    return x.says_forwarded | x.rewritten_at_home


def perhaps_real(x: Signals) -> Mask:
    """A signature that may have been ours before something changed the mail: its selector is in use, or the reporter names none."""
    return x.our_signature_broken & (x.real_selector | ~x.selector_named)


def always(x: Signals) -> Mask:
    """Everything."""
    return x.passes | ~x.passes


def never(x: Signals) -> Mask:
    """Nothing."""
    return ~always(x)


def certain(x: Signals) -> Mask:
    """Proof that only we can give."""
    return x.registered


RULES: tuple[Rule, ...] = (
    Rule("X1", Verdict.EXCLUDED, "ignored", Side.EXCLUDED, lambda x: x.ignored),
    Rule("D1", Verdict.SPOOFING, "denied", Side.NOT_OURS, lambda x: x.denied & ~x.passes),
    Rule("D2", Verdict.NEW_PLACE, "denied", Side.UNKNOWN, lambda x: x.denied & x.passes),
    Rule(
        "T1",
        Verdict.TEMPORARY,
        "dns",
        Side.UNKNOWN,
        lambda x: ~x.passes & (x.our_signature_later | (x.spf_later & ~x.our_signature_broken)),
    ),
    Rule("A1", Verdict.AUTHORIZED, "both", Side.FINE, lambda x: x.dkim_aligned & x.spf_aligned),
    Rule("A2", Verdict.AUTHORIZED, "spf_only", Side.FINE, lambda x: x.spf_aligned, certain),
    Rule(
        "A3",
        Verdict.AUTHORIZED,
        "dkim_only",
        Side.FINE,
        lambda x: x.dkim_aligned & (x.registered_here | (x.at_home & ~left_home(x)) | (x.registered & ~passed_on(x))),
        certain,
        "high",
    ),
    Rule(
        "F1",
        Verdict.FORWARDED,
        "survived",
        Side.INDIRECT,
        lambda x: x.dkim_aligned & (left_home(x) | (~x.at_home & passed_on(x))),
        two_hints,
    ),
    Rule(
        "A4",
        Verdict.NEW_PLACE,
        "dkim_only",
        Side.UNKNOWN,
        lambda x: x.dkim_aligned,
        never,
        "low",
    ),
    Rule(
        "L1",
        Verdict.LIST,
        "broken",
        Side.INDIRECT,
        lambda x: (
            ~x.registered
            & (x.hosts_lists | ~(x.acts_as_ours & ~x.another_tenant))
            & (x.says_list | (perhaps_real(x) & x.spf_elsewhere & (x.list_signature | x.hosts_lists)))
        ),
        lambda x: x.says_list,
    ),
    Rule(
        "F2",
        Verdict.FORWARDED,
        "broken",
        Side.INDIRECT,
        lambda x: (
            ~x.registered
            & ~(x.acts_as_ours & ~x.another_tenant)
            & (x.says_forwarded | x.says_arc | (perhaps_real(x) & (x.forwards | x.envelope_rewritten)))
        ),
        lambda x: x.says_forwarded | x.says_arc,
    ),
    Rule(
        "M4",
        Verdict.MISCONFIGURED,
        "broken_signature",
        Side.BROKEN,
        lambda x: ours(x) & x.our_signature_broken,
        certain,
    ),
    Rule(
        "M3",
        Verdict.MISCONFIGURED,
        "both_elsewhere",
        Side.BROKEN,
        lambda x: ours(x) & x.other_signature & x.spf_elsewhere,
        certain,
    ),
    Rule("M1", Verdict.MISCONFIGURED, "dkim_elsewhere", Side.BROKEN, lambda x: ours(x) & x.other_signature, certain),
    Rule("M2", Verdict.MISCONFIGURED, "spf_elsewhere", Side.BROKEN, lambda x: ours(x) & x.spf_elsewhere, certain),
    Rule(
        "M5",
        Verdict.MISCONFIGURED,
        "no_authentication",
        Side.BROKEN,
        lambda x: x.registered | (x.acts_as_ours & x.envelope_ours),
        certain,
    ),
    Rule(
        "E1",
        Verdict.PROBABLE_SERVICE,
        "unregistered",
        Side.UNKNOWN,
        lambda x: x.known_service & (x.other_signature | x.spf_elsewhere),
        never,
    ),
    Rule(
        "S3",
        Verdict.SPOOFING,
        "forged_signature",
        Side.NOT_OURS,
        lambda x: x.our_signature_broken & x.selector_named & ~x.real_selector,
    ),
    Rule(
        "S1",
        Verdict.SPOOFING,
        "direct",
        Side.NOT_OURS,
        lambda x: ~x.our_signature & x.envelope_ours & ~x.null_sender & x.spf_refused,
        lambda x: x.several_reporters | x.no_reverse_name | x.not_a_sender,
    ),
    Rule(
        "S2",
        Verdict.SPOOFING,
        "foreign_envelope",
        Side.NOT_OURS,
        lambda x: ~x.our_signature & (x.spf_elsewhere | x.other_signature) & (~x.forwards | x.we_sign | x.not_a_sender),
        lambda x: x.several_reporters | x.not_a_sender,
    ),
    Rule(
        "S5",
        Verdict.SPOOFING,
        "unauthenticated",
        Side.NOT_OURS,
        lambda x: ~x.our_signature & ~x.no_results & (x.we_sign | x.not_a_sender),
        lambda x: x.not_a_sender,
    ),
    Rule("S4", Verdict.SPOOFING, "silent_name", Side.NOT_OURS, lambda x: x.not_a_sender & ~x.passes),
    Rule("U1", Verdict.UNKNOWN, "no_rule", Side.UNKNOWN, always, never, "low"),
)
# What mail can be, `verdict.kind`, each with the first rule that says so: what people may say in place of the rules.
OF_KIND: dict[str, Rule] = {f"{rule.verdict}.{rule.kind}": rule for rule in reversed(RULES)}
KINDS = tuple(dict.fromkeys(f"{rule.verdict}.{rule.kind}" for rule in RULES))
