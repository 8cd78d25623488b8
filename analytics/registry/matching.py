"""One mail against the registry: which entry it belongs to, by which rule."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from ipaddress import ip_address
from typing import TYPE_CHECKING, NamedTuple

from analytics.registry.order import NOT_PASSED
from ingest.rules import RuleKind, lies_under

if TYPE_CHECKING:
    from datetime import date

    from analytics.registry.order import Claim, Registry
    from ingest.registry import Entry
    from ingest.rules import Proof, Rule

PASSED = "pass"


class Signature(NamedTuple):
    """One `auth_results/dkim`."""

    domain: str | None
    selector: str | None
    result: str | None


class SpfCheck(NamedTuple):
    """One `auth_results/spf`. Without a domain it is about the envelope_from of its record."""

    domain: str | None
    scope: str | None
    result: str | None


@dataclass(frozen=True, slots=True)
class Case:
    """What a record says, but for how many messages it stands."""

    source_ip: str | None
    header_from: str | None
    envelope_from: str | None = None
    service_id: str | None = None  # who runs the source
    dkim: tuple[Signature, ...] = ()
    spf: tuple[SpfCheck, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """The entry that a mail belongs to. What follows from its `decision` is not said here."""

    entry: Entry
    rule: Rule
    proof: Proof
    broken: bool  # the only evidence is a signature that did not pass


def match(registry: Registry, case: Case, day: date) -> Match | None:
    """The strongest claim of an entry that holds on that UTC day for this mail; None where there is none."""
    for claim in registry.claims:
        entry = claim.entry
        if entry.holds_on(day) and entry.is_about(low(case.header_from)) and _fits(claim, case):
            return Match(entry, claim.rule, claim.proof, claim.broken)
    return None


def _fits(claim: Claim, case: Case) -> bool:
    rule = claim.rule
    match rule.kind:
        case RuleKind.IP:
            return case.source_ip is not None and _address_fits(rule, case.source_ip)
        case RuleKind.SERVICE:
            return low(case.service_id) == rule.value
        case RuleKind.ENVELOPE:
            return any(spf_fits(rule, one, case.envelope_from) for one in case.spf)
        case _:
            return any(signature_fits(claim, one) for one in case.dkim)


def _address_fits(rule: Rule, source_ip: str) -> bool:
    try:
        return ip_address(source_ip) in rule.network()
    except ValueError:
        return False


def signature_fits(claim: Claim, signature: Signature) -> bool:
    """Whether a dkim or selector rule fits it. A report that names no selector fits only rules that name none."""
    rule, result = claim.rule, low(signature.result)
    if result not in NOT_PASSED if claim.broken else result != PASSED:
        return False
    selector = low(signature.selector)
    if rule.kind is RuleKind.SELECTOR:
        return bool(selector) and fnmatchcase(selector, rule.value)
    if rule.selector and not (selector and fnmatchcase(selector, rule.selector)):
        return False
    domain = low(signature.domain)
    return domain.endswith(rule.value[1:]) if rule.value.startswith("*.") else domain == rule.value


def spf_fits(rule: Rule, check: SpfCheck, envelope_from: str | None) -> bool:
    """Whether SPF passed for a MAIL FROM domain that an envelope rule names."""
    if low(check.result) != PASSED or (check.scope and low(check.scope) != "mfrom"):
        return False
    return lies_under(low(check.domain) or low(envelope_from), rule.value)


def low(text: object) -> str:
    """A name as rules write it; empty where there is none."""
    return text.strip().lower().rstrip(".") if isinstance(text, str) else ""
