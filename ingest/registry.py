"""The registry of senders: what people decided about who may send as them. An entry is replaced by its next state; every act is kept."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ingest import rules as rule_texts
from ingest.errors import SettingsError
from ingest.rules import EVERY_DOMAIN, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

MAX_TEXT = 1_000  # characters of a name, note, ...
MAX_LIST = 500  # rules or domains of an entry
EDIT, RETIRE = "edit", "retire"
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_TEXTS = ("name", "owner", "ticket", "note")


class Decision(StrEnum):
    """What is to be thought of mail that fits an entry."""

    APPROVE = "approve"  # it is ours
    DENY = "deny"  # it is not, and nobody may
    IGNORE = "ignore"  # known, and nobody is to be troubled with it


@dataclass(frozen=True, slots=True)
class Entry:
    """One sender. It holds for mail of its domains on its days that fits one of its rules."""

    entry_id: str
    name: str
    decision: Decision
    domains: tuple[str, ...]  # of header_from, each with all below it; or only EVERY_DOMAIN
    rules: tuple[Rule, ...]
    owner: str = ""
    ticket: str = ""
    note: str = ""
    critical: bool = False  # a failure of it is urgent
    valid_from: date | None = None  # first UTC day; None: since ever
    valid_to: date | None = None  # last UTC day; None: for ever

    def holds_on(self, day: date) -> bool:
        """Whether that UTC day is one of its days."""
        return (self.valid_from or date.min) <= day <= (self.valid_to or date.max)

    def is_about(self, header_from: str) -> bool:
        """Whether it speaks of mail with this domain in From:."""
        return self.domains == (EVERY_DOMAIN,) or any(rule_texts.lies_under(header_from, one) for one in self.domains)


@dataclass(frozen=True, slots=True)
class SenderAct:
    """What a person decided about a sender: the entry as it is from then on."""

    at_utc: datetime
    who: str
    what: str  # a Decision, EDIT or RETIRE
    why: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class Change:
    """What an act does to an entry; `before` is None where it is new."""

    what: str
    before: Entry | None
    after: Entry

    @property
    def fields(self) -> list[str]:
        """Names of the fields that differ; all of them when it is new."""
        names = [one.name for one in fields(Entry)]
        return [
            name for name in names if self.before is None or getattr(self.before, name) != getattr(self.after, name)
        ]


def plain(entry: Entry) -> dict[str, Any]:
    """The entry in texts, lists, booleans and dates; `entry_of` makes it again."""
    return asdict(entry) | {
        "decision": entry.decision.value,
        "domains": list(entry.domains),
        "rules": [str(rule) for rule in entry.rules],
    }


def entry_of(row: Mapping[str, Any]) -> Entry:
    """The entry that was kept as `row`; more keys do no harm.

    Raises:
        SettingsError: one of its rules cannot be read.
        KeyError, ValueError: something is missing, or is no decision.
    """
    known = {one.name: row[one.name] for one in fields(Entry)}
    domains = tuple(known["domains"])
    read = tuple(rule_texts.parsed(text, domains) for text in known["rules"])
    return Entry(**known | {"decision": Decision(known["decision"]), "domains": domains, "rules": read})


def checked(entry: Entry) -> Entry:
    """The entry with its texts stripped and what is named twice named once.

    Raises:
        SettingsError: something is missing, too long, or cannot be.
    """
    told = {name: getattr(entry, name).strip() for name in _TEXTS}
    made = replace(entry, **told, domains=tuple(dict.fromkeys(entry.domains)), rules=tuple(dict.fromkeys(entry.rules)))
    where = f"sender {entry.entry_id!r}"
    if not _SLUG.fullmatch(entry.entry_id):
        raise SettingsError(f"{where}: an id is made of a-z, 0-9 and -", hint=f"for instance {slug(entry.entry_id)}")
    for name, text in told.items():
        refuse_odd(text, f"{where}: {name}")
    if not made.name:
        raise SettingsError(f"{where} has no name", hint="--name says what people call it")
    _check_lists(made, where)
    if made.valid_from and made.valid_to and made.valid_from > made.valid_to:
        raise SettingsError(f"{where} ends on {made.valid_to}, before it begins", hint="both days are included")
    return made


def _check_lists(entry: Entry, where: str) -> None:
    if not entry.domains:
        raise SettingsError(f"{where} names no domain", hint="--domain example.com, or --domain '*' for all of yours")
    if EVERY_DOMAIN in entry.domains and len(entry.domains) > 1:
        raise SettingsError(f"{where}: * stands for all domains already")
    if not entry.rules:
        raise SettingsError(f"{where} has no rule: it would fit no mail", hint="--rule dkim:example.com/s1")
    if max(len(entry.rules), len(entry.domains)) > MAX_LIST:
        raise SettingsError(f"{where} has more than {MAX_LIST} rules or domains", hint="make several of it")


def refuse_odd(text: str, what: str) -> None:
    """Nothing speaks against keeping the text.

    Raises:
        SettingsError: it is too long, or holds what no person reads.
    """
    if len(text) > MAX_TEXT:
        raise SettingsError(f"{what} is too long", hint=f"at most {MAX_TEXT:,} characters")
    if any((ord(sign) < 32 and sign not in "\n\t") or 0xD800 <= ord(sign) < 0xE000 for sign in text):
        raise SettingsError(f"{what} holds characters that cannot be kept", hint="plain text in UTF-8")


def domains_of(texts: Iterable[str]) -> tuple[str, ...]:
    """The domains of an entry, as reports write them.

    Raises:
        SettingsError: one is none.
    """
    return tuple(EVERY_DOMAIN if text.strip() == EVERY_DOMAIN else rule_texts.domain_of(text) for text in texts)


def slug(name: str) -> str:
    """An id made from a name; `sender` where nothing of it can be used."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60].strip("-") or "sender"
