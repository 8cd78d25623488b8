"""Who could be approved: what passes DMARC and belongs to no entry of the registry yet, with the rules that would tell it."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from analytics.ask import ask
from analytics.frames import Column, Contract, checked, columns, texts
from analytics.registry import load
from analytics.registry.cases import matched
from analytics.registry.matching import PASSED, low
from analytics.services.catalogue import catalogue
from analytics.services.recognise import Evidence, recognise
from ingest.errors import SettingsError
from ingest.registry import slug
from ingest.rules import Proof, parsed
from ingest.suffixes import suffixes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from analytics.reader import Reader
    from analytics.window import Window

_SELECTOR = re.compile(r"[a-z0-9._-]+")  # as written in a rule: a report's own `*` is no wildcard


@dataclass(frozen=True, slots=True)
class Proposal:
    """An entry that somebody may approve after asking around."""

    entry_id: str  # free in the registry
    name: str
    domains: tuple[str, ...]  # organizational domains in From:, most messages first
    rules: tuple[str, ...]  # each proves that it is us; most messages first
    messages: int
    sources: int  # different addresses
    reporters: int  # different ones: what only one tells is worth less


PROPOSALS: Contract = (
    Column("entry_id", "text", "", "short name, free in the registry"),
    Column("name", "text", "", "of the service, or what tells its mail"),
    Column("domains", "texts", "", "organizational domains in From:, most messages first"),
    Column("rules", "texts", "", "each proves that it is us; most messages first"),
    Column("messages", "int", "messages", "passed DMARC and belong to no entry"),
    Column("sources", "int", "addresses", "different ones"),
    Column("reporters", "int", "reporters", "different ones"),
)


@dataclass
class _Group:
    """Cases that are told by the same keys or MAIL FROM domains, or that one service sends."""

    rules: Counter[str] = field(default_factory=Counter)  # rule → messages
    domains: Counter[str] = field(default_factory=Counter)
    services: Counter[str] = field(default_factory=Counter)
    sources: set[str] = field(default_factory=set)
    reporters: set[str] = field(default_factory=set)

    def take(self, other: _Group) -> None:
        """Hold what the other holds, too."""
        self.rules += other.rules
        self.domains += other.domains
        self.services += other.services
        self.sources |= other.sources
        self.reporters |= other.reporters

    @property
    def messages(self) -> int:
        return self.rules.total()


def proposals(reader: Reader, window: Window) -> list[Proposal]:
    """What passed DMARC in the window and belongs to no entry on its last day, most messages first.

    Mail is told by the key that signed it, else by its MAIL FROM domain; a key belongs to the service that sends most with it, so that
    forwarders do not appear as senders. A case is left out where neither can be named in a rule: a report without selector, for instance.

    Raises:
        StoreError: the database is missing, busy or damaged.
    """
    registry = load.registry(reader)
    found = ask(reader, "registry_cases", window.parameters())
    cases = found.assign(
        day=window.until, service_id=pd.Series(map(_service_id, found.to_dict("records")), found.index, dtype=object)
    )
    unknown = found[matched(registry, cases)["entry_id"].isna().to_numpy()]
    taken = {entry.entry_id for entry in registry.entries}
    groups = sorted(_by_service(_by_rule(unknown)), key=lambda named: (-named[1].messages, named[0]))
    return [_proposal(name, group, taken) for name, group in groups]


def as_frame(found: Sequence[Proposal]) -> pd.DataFrame:
    """The proposals (`PROPOSALS`), in their order."""
    rows = [asdict(one) | {"domains": list(one.domains), "rules": list(one.rules)} for one in found]
    return checked(pd.DataFrame(rows, columns=columns(PROPOSALS)), PROPOSALS)


def _service_id(row: dict[Any, Any]) -> str | None:
    """The service of the catalogue that made the mail: as rules of the registry name it."""
    signatures = tuple((low(one["domain"]), low(one["selector"])) for one in _passed(row["dkim"]))
    bounce = next((low(one["domain"]) for one in _passed(row["spf"]) if low(one["domain"])), None)
    service = row["service"] if isinstance(row["service"], str) else None
    found = recognise(Evidence(signatures=signatures, envelope_domain=bounce, map_name=service), catalogue())
    return found[0].service if found else None


def _by_rule(cases: pd.DataFrame) -> dict[str, _Group]:
    groups: dict[str, _Group] = defaultdict(_Group)
    for row in cases.to_dict("records"):
        domain = _organization(low(row["header_from"]))
        rule = next(_rules(row, domain), None) if domain else None
        if domain and rule:
            group, messages = groups[rule], int(row["messages"])
            group.rules[rule] += messages
            group.domains[domain] += messages
            group.services[str(row["service"]) if isinstance(row["service"], str) else ""] += messages
            group.sources.add(str(row["source_ip"]))
            group.reporters.update(texts(row["reporters"]))
    return groups


def _by_service(groups: dict[str, _Group]) -> Iterator[tuple[str, _Group]]:
    """Name and group: those of one known service together, others alone."""
    of_service: dict[str, _Group] = defaultdict(_Group)
    for rule in sorted(groups):
        lead = min(groups[rule].services.items(), key=lambda entry: (-entry[1], entry[0]))[0]
        if lead:
            of_service[lead].take(groups[rule])
        else:
            yield rule.partition(":")[2], groups[rule]
    yield from of_service.items()


def _rules(row: dict[Any, Any], domain: str) -> Iterator[str]:
    """Rules that fit a case and are proof of us, best first."""
    signatures = sorted((low(one["domain"]), low(one["selector"])) for one in _passed(row["dkim"]))
    names = [f"dkim:{name}/{selector}" for name, selector in signatures if _SELECTOR.fullmatch(selector)]
    checks = sorted(
        low(one["domain"]) or low(row["envelope_from"])
        for one in _passed(row["spf"])
        if low(one["scope"]) in {"", "mfrom"}
    )
    for text in names + [f"envelope:{name}" for name in checks]:
        try:
            if parsed(text, [domain]).proof is Proof.TENANT:
                yield text
        except SettingsError:
            continue


def _passed(cell: Any) -> Iterable[Any]:
    return (one for one in cell if low(one["result"]) == PASSED) if hasattr(cell, "__iter__") else ()


@cache
def _organization(name: str) -> str | None:
    """The organizational domain, by the list of public suffixes; None where there is none."""
    found = suffixes().privatesuffix(name)
    return str(found) if found else None


def _proposal(name: str, group: _Group, taken: set[str]) -> Proposal:
    wanted = slug(name)
    entry_id = next(
        one for one in (wanted, *(f"{wanted[:55]}-{number}" for number in range(2, 10_000))) if one not in taken
    )
    taken.add(entry_id)
    return Proposal(
        entry_id,
        name,
        _most_first(group.domains),
        _most_first(group.rules),
        group.messages,
        len(group.sources),
        len(group.reporters),
    )


def _most_first(counted: Counter[str]) -> tuple[str, ...]:
    return tuple(sorted(counted, key=lambda one: (-counted[one], one)))
