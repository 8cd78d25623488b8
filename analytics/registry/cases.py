"""Many mails against the registry at once: what `matching.match` says of each, claim by claim over whole columns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
import pandas as pd

from analytics.frames import Column, Contract, ContractError, checked
from analytics.registry.matching import Signature, SpfCheck, low, signature_fits, spf_fits
from ingest.rules import RuleKind

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    import numpy.typing as npt

    from analytics.registry.order import Claim, Registry
    from ingest.registry import Entry
    from ingest.rules import Rule

    Mask = npt.NDArray[np.bool_]

NEEDED = ("source_ip", "service_id", "header_from", "envelope_from", "dkim", "spf", "day")
MATCHED: Contract = (
    Column("entry_id", "text", "", "entry of the registry; missing where no rule fits"),
    Column("decision", "text", "", "approve, deny or ignore"),
    Column("proof", "text", "", "`tenant`: only we can make such mail; `vendor`: everyone with an account there"),
    Column("rule", "text", "", "the rule that fits, in full"),
    Column("broken", "bool", "", "the only evidence is a signature that did not pass, which everyone can copy"),
)
_T = TypeVar("_T", bound="Hashable")
_LOW_BITS = (1 << 64) - 1


def matched(registry: Registry, cases: pd.DataFrame) -> pd.DataFrame:
    """What the registry says of every row (`MATCHED`), in the order and with the index of `cases`.

    Args:
        registry: the entries.
        cases: one row per distinct case, with the columns NEEDED: texts, missing where not reported; `dkim` lists of
            {domain, selector, result}, `spf` lists of {domain, scope, result}; `day` the UTC day for which the answer is wanted.

    Raises:
        ContractError: a column is missing.
    """
    if missing := [name for name in NEEDED if name not in cases]:
        raise ContractError(f"cases lack {', '.join(missing)}")
    found = claims_of(registry, _of_frame(cases))
    answers = [_answer(claim) for claim in registry.claims] + [_answer(None)]
    frame = pd.DataFrame([answers[number] for number in found], columns=[column.name for column in MATCHED])
    return checked(frame, MATCHED).set_index(cases.index)


def claims_of(registry: Registry, facts: Facts) -> npt.NDArray[np.intp]:
    """For each case the number of the first claim that holds for it; -1 where none does."""
    found = np.full(len(facts.days), -1)
    for number, claim in enumerate(registry.claims):
        open_ = found < 0
        if open_.any():
            found[open_ & facts.concerns(claim.entry) & facts.fits(claim)] = number
    return found


def _answer(claim: Claim | None) -> tuple[object, ...]:
    if claim is None:
        return None, None, None, None, False
    return claim.entry.entry_id, claim.entry.decision.value, claim.proof.value, str(claim.rule), claim.broken


@dataclass
class Distinct(Generic[_T]):
    """The different values of a column, and at which rows they stand; a row may have none or several."""

    values: list[_T]
    codes: npt.NDArray[np.intp]
    rows: npt.NDArray[np.intp]
    length: int

    @classmethod
    def of(cls, pairs: Iterable[tuple[int, _T]], length: int) -> Distinct[_T]:
        """From (row, value)."""
        numbers: dict[_T, int] = {}
        codes, rows = [], []
        for row, value in pairs:
            rows.append(row)
            codes.append(numbers.setdefault(value, len(numbers)))
        return cls(list(numbers), np.array(codes, dtype=np.intp), np.array(rows, dtype=np.intp), length)

    def where(self, holds: Callable[[_T], bool]) -> Mask:
        """The rows that have a value for which it holds."""
        return self.at(np.fromiter((holds(value) for value in self.values), dtype=bool, count=len(self.values)))

    def at(self, chosen: Mask) -> Mask:
        """The rows that have one of the chosen values."""
        mask = np.zeros(self.length, dtype=bool)
        mask[self.rows[chosen[self.codes]]] = True
        return mask


@dataclass
class Mails:
    """What evidence and addresses say, taken apart once for all claims. Evidence and addresses are rows of two tables."""

    header_from: Distinct[str]  # of evidence
    signatures: Distinct[Signature]
    checks: Distinct[tuple[SpfCheck, str]]  # with envelope_from
    addresses: Distinct[str]  # of addresses

    def __post_init__(self) -> None:
        self._concerned: dict[str, Mask] = {}

    @cached_property
    def _numbers(self) -> _Numbers:
        return _Numbers(self.addresses.values)

    def concerns(self, entry: Entry) -> Mask:
        """The evidence from domains of the entry."""
        if entry.entry_id not in self._concerned:
            self._concerned[entry.entry_id] = self.header_from.where(entry.is_about)
        return self._concerned[entry.entry_id]

    def from_network(self, rule: Rule) -> Mask:
        """The addresses in the network of the rule."""
        return self.addresses.at(self._numbers.within(rule))

    def seen(self, claim: Claim) -> Mask:
        """The evidence that the rule of the claim fits."""
        rule = claim.rule
        if rule.kind is RuleKind.ENVELOPE:
            return self.checks.where(lambda check: spf_fits(rule, *check))
        return self.signatures.where(lambda signature: signature_fits(claim, signature))


@dataclass
class Facts:
    """Cases: which evidence and address each has, by row of `mails`, its service and its day."""

    mails: Mails
    evidence: npt.NDArray[np.intp]
    address: npt.NDArray[np.intp]
    service: Distinct[str]
    days: npt.NDArray[np.datetime64]

    def concerns(self, entry: Entry) -> Mask:
        """The cases on days and from domains of the entry."""
        mask = self.mails.concerns(entry)[self.evidence]
        if entry.valid_from:
            mask &= self.days >= np.datetime64(entry.valid_from)
        if entry.valid_to:
            mask &= self.days <= np.datetime64(entry.valid_to)
        return mask

    def fits(self, claim: Claim) -> Mask:
        """The cases that the rule fits."""
        rule = claim.rule
        if rule.kind is RuleKind.IP:
            return self.mails.from_network(rule)[self.address]
        if rule.kind is RuleKind.SERVICE:
            return self.service.where(lambda service: service == rule.value)
        return self.mails.seen(claim)[self.evidence]


def _of_frame(cases: pd.DataFrame) -> Facts:
    """Each row has an evidence and an address of its own."""
    length = len(cases)
    signatures = (
        (row, Signature(_text(one, "domain"), _text(one, "selector"), _text(one, "result")))
        for row, cell in enumerate(cases["dkim"])
        for one in _items(cell)
    )
    envelopes = list(cases["envelope_from"])
    checks = (
        (row, (SpfCheck(_text(one, "domain"), _text(one, "scope"), _text(one, "result")), low(envelopes[row])))
        for row, cell in enumerate(cases["spf"])
        for one in _items(cell)
    )
    addresses = ((row, text) for row, text in enumerate(cases["source_ip"]) if isinstance(text, str))
    mails = Mails(
        Distinct.of(enumerate(map(low, cases["header_from"])), length),
        Distinct.of(signatures, length),
        Distinct.of(checks, length),
        Distinct.of(addresses, length),
    )
    service = Distinct.of(enumerate(map(low, cases["service_id"])), length)
    days = pd.to_datetime(cases["day"]).to_numpy().astype("datetime64[D]")
    return Facts(mails, np.arange(length), np.arange(length), service, days)


class _Numbers:
    """Addresses as numbers: IPv4 in `low`, IPv6 in two halves; what is no address is of neither family."""

    def __init__(self, texts: list[str]) -> None:
        parsed = [_address(text) for text in texts]
        self._family = np.array([family for family, _ in parsed], dtype=np.int8)
        self._high = np.array([number >> 64 for _, number in parsed], dtype=np.uint64)
        self._low = np.array([number & _LOW_BITS for _, number in parsed], dtype=np.uint64)

    def within(self, rule: Rule) -> Mask:
        """Those in the network of the rule."""
        network = rule.network()
        first, last = int(network.network_address), int(network.broadcast_address)
        mask: Mask = self._family == network.version
        mask &= (self._high >= np.uint64(first >> 64)) & (self._high <= np.uint64(last >> 64))
        if first >> 64 == last >> 64:
            mask &= (self._low >= np.uint64(first & _LOW_BITS)) & (self._low <= np.uint64(last & _LOW_BITS))
        return mask


def _address(text: str) -> tuple[int, int]:
    try:
        address = ip_address(text)
    except ValueError:
        return 0, 0
    return address.version, int(address)


def _items(cell: Any) -> list[Any]:
    return list(cell) if isinstance(cell, list | tuple | np.ndarray) else []


def _text(item: Any, name: str) -> str | None:
    value = item.get(name)
    return value if isinstance(value, str) else None
