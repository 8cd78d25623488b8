"""The fields of a report as they stand in the XML: texts, or None for what is absent. No interpretation but of numbers and addresses."""

from __future__ import annotations

import ipaddress
import json
import re
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from ingest.normalize.tree import Node, Refused
from ingest.records import DkimResult, Reason, SpfResult

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingest.normalize.tree import Document

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - naive UTC, as everywhere in the store
RFC9990_NAMESPACE = "urn:ietf:params:xml:ns:dmarc-2.0"
OLD_REASONS = frozenset({"forwarded", "sampled_out"})  # of RFC 7489, abolished by RFC 9990
_COUNT = re.compile(r"\A[+-]?0{0,20}[0-9]{1,12}\Z")  # 200,000 of the largest still add up within 64 bits
_SECONDS = re.compile(r"\A(-?[0-9]{1,12})(?:\.[0-9]*)?\Z")
_KNOWN_TOP = {"version", "report_metadata", "policy_published", "record"}
_KNOWN_RECORD = {"row", "identifiers", "identities", "auth_results"}
_EMPTY = Node("")
MAX_KEPT = 10_000
V = TypeVar("V", bound=tuple[object, ...])
MAX_EXTENSIONS = 10_000_000  # characters of JSON


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One <record> as sent."""

    index: int
    source_ip: str | None
    count: str | None
    disposition: str | None
    dkim_evaluated: str | None
    spf_evaluated: str | None
    reasons: tuple[Reason, ...]
    header_from: str | None
    envelope_from: str | None
    envelope_to: str | None
    dkim: tuple[DkimResult, ...]
    spf: tuple[SpfResult, ...]
    ambiguous: bool  # two rows, two verdicts or two sets of identifiers: nobody can say which belongs to which
    extension: str | None = None  # JSON of its elements that the standards do not name

    @property
    def messages(self) -> int | None:
        """The count as a number; None when it is none."""
        return int(self.count) if self.count and _COUNT.match(self.count) else None

    @property
    def address(self) -> str | None:
        """The source address in canonical form; None when it is none."""
        return canonical_ip(self.source_ip)


@dataclass(frozen=True, slots=True)
class RawReport:
    """One <feedback> as sent."""

    version: str | None
    namespace: str | None
    org_name: str | None
    email: str | None
    contact: str | None
    report_id: str | None
    begin: str | None
    end: str | None
    errors: tuple[str, ...]
    generator: str | None
    policy: dict[str, str]  # tag → text of policy_published
    extensions: str | None
    records: tuple[RawRecord, ...]
    repaired: str | None

    @property
    def begin_utc(self) -> datetime | None:
        """Start of the period, naive UTC."""
        return _moment(self.begin)

    @property
    def end_utc(self) -> datetime | None:
        """End of the period as sent, naive UTC."""
        return _moment(self.end)

    @property
    def messages(self) -> int:
        """Sum of all counts that are numbers."""
        return sum(record.messages or 0 for record in self.records)

    @property
    def format(self) -> str:
        """The standard it follows: rfc7489, rfc9990, or mixed (Google sends both `pct` and `np`)."""
        return self.format_with(
            old_reasons=any(reason.type in OLD_REASONS for record in self.records for reason in record.reasons)
        )

    def format_with(self, *, old_reasons: bool) -> str:
        """The same for a report whose records are elsewhere; `old_reasons`: one of them gives a reason of RFC 7489 only."""
        new = (
            self.namespace == RFC9990_NAMESPACE
            or self.generator is not None
            or bool({"np", "testing", "discovery_method"} & self.policy.keys())
        )
        old = "pct" in self.policy or old_reasons or (self.version is None and not new)
        if new:
            return "mixed" if old else "rfc9990"
        return "rfc7489"


def fields(document: Document[RawRecord]) -> RawReport:
    """The report's fields, as sent.

    Raises:
        Refused: what the standards do not name is longer than all else may be.
    """
    root = document.root
    meta = root.first("report_metadata") or _EMPTY
    policy = root.first("policy_published") or _EMPTY
    dates = meta.first("date_range") or _EMPTY
    return RawReport(
        version=root.value("version"),
        namespace=root.namespace or None,
        org_name=meta.value("org_name"),
        email=meta.value("email"),
        contact=meta.value("extra_contact_info"),
        report_id=meta.value("report_id"),
        begin=dates.value("begin"),
        end=dates.value("end"),
        errors=tuple(error.text for error in meta.all("error") if error.text),
        generator=meta.value("generator"),
        policy={child.name: child.text for child in reversed(policy.children) if child.text},
        extensions=_extensions(root, document.records),
        records=tuple(document.records),
        repaired=document.repaired,
    )


def canonical_ip(text: str | None) -> str | None:
    """An address in canonical form, IPv4 inside IPv6 unwrapped, without a zone; None when it is not one."""
    try:
        address = ipaddress.ip_address((text or "").strip().partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    canonical = str(mapped or address)
    return text if text == canonical else canonical  # one string for both


def _moment(seconds: str | None) -> datetime | None:
    match = _SECONDS.match(seconds or "")
    if match is None:
        return None
    try:
        return EPOCH + timedelta(seconds=int(match.group(1)))
    except OverflowError:
        return None


class Records:
    """Makes records of the trees of one report; what many of them have in common is kept once."""

    def __init__(self) -> None:
        self._kept: dict[object, object] = {}
        self._extensions = 0  # characters

    def __call__(self, index: int, node: Node) -> RawRecord:
        """The fields of one <record>, as sent."""
        row = node.first("row") or _EMPTY
        evaluated = row.first("policy_evaluated") or _EMPTY
        identifiers = node.first("identifiers") or node.first("identities") or _EMPTY
        results = [entry for part in node.all("auth_results") for entry in part.children if entry.children]
        return RawRecord(
            index=index,
            source_ip=row.value("source_ip"),
            count=_interned(row.value("count")),
            disposition=_interned(evaluated.value("disposition")),
            dkim_evaluated=_interned(evaluated.value("dkim")),
            spf_evaluated=_interned(evaluated.value("spf")),
            reasons=self._once(tuple(_reason(reason) for reason in evaluated.all("reason"))),
            header_from=_interned(identifiers.value("header_from")),
            envelope_from=_interned(identifiers.value("envelope_from")),
            envelope_to=_interned(identifiers.value("envelope_to")),
            dkim=self._once(
                tuple(DkimResult(*_values(e, "selector"), e.value("human_result")) for e in results if e.name == "dkim")
            ),
            spf=self._once(
                tuple(SpfResult(*_values(e, "scope"), e.value("human_result")) for e in results if e.name == "spf")
            ),
            ambiguous=_is_ambiguous(node, row),
            extension=self._extension([child for child in node.children if child.name not in _KNOWN_RECORD]),
        )

    def _extension(self, nodes: list[Node]) -> str | None:
        text = _json(nodes)
        self._extensions += len(text or "")
        _bound(self._extensions)
        return text

    def _once(self, value: V) -> V:
        """An equal value that was seen before, or this one."""
        if len(self._kept) > MAX_KEPT:
            self._kept.clear()
        return self._kept.setdefault(value, value)  # type: ignore[return-value]


def _values(entry: Node, middle: str) -> tuple[str | None, str | None, str | None]:
    return _interned(entry.value("domain")), _interned(entry.value(middle)), _interned(entry.value("result"))


def _interned(text: str | None) -> str | None:
    return sys.intern(text) if text is not None else None


def _is_ambiguous(node: Node, row: Node) -> bool:
    """Whether there are two of what there may be only one of."""
    names = [child.name for child in node.children]
    inside = [child.name for child in row.children]
    return (
        names.count("row") > 1
        or names.count("identifiers") + names.count("identities") > 1
        or any(inside.count(name) > 1 for name in ("policy_evaluated", "count", "source_ip"))
    )


def _reason(node: Node) -> Reason:
    return Reason(node.value("type") or (node.text if not node.children else None), node.value("comment"))


def _extensions(root: Node, records: Iterable[RawRecord]) -> str | None:
    """Everything the standards do not name, as JSON, so that it is kept though nothing reads it yet."""
    own = _json([child for child in root.children if child.name not in _KNOWN_TOP])
    inner = sorted((str(record.index), record.extension) for record in records if record.extension)
    _bound(len(own or ""))
    parts = []
    if inner:
        listed = ", ".join(f'"{index}": {text}' for index, text in inner)
        parts.append(f'"records": {{{listed}}}')
    if own:
        parts.append(f'"report": {own}')
    return f"{{{', '.join(parts)}}}" if parts else None


def _bound(size: int) -> None:
    if size > MAX_EXTENSIONS:
        raise Refused(f"elements that no standard knows are longer than {MAX_EXTENSIONS:,} characters")


def _json(nodes: list[Node]) -> str | None:
    if not nodes:
        return None
    return json.dumps([_plain(node) for node in nodes], ensure_ascii=False, sort_keys=True)


def _plain(node: Node) -> dict[str, object]:
    plain: dict[str, object] = {"name": node.name}
    if node.namespace:
        plain["namespace"] = node.namespace
    if node.attributes:
        plain["attributes"] = node.attributes
    if node.text:
        plain["text"] = node.text
    if node.children:
        plain["children"] = [_plain(child) for child in node.children]
    return plain
