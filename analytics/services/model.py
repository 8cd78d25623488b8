"""One service of the catalogue, and the closed sets that its line may choose from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import date


class Kind(StrEnum):
    """What a service is for."""

    MAILBOX = "mailbox"  # people read and write their mail there
    ESP = "esp"  # sends newsletters or transactional mail for its customers
    CRM = "crm"
    SUPPORT = "support"
    HR = "hr"
    FINANCE = "finance"
    COMMERCE = "commerce"
    SURVEY = "survey"
    SIGNATURE = "signature"  # electronic signature of documents
    GATEWAY = "gateway"  # filters mail on its way in or out
    HOSTING = "hosting"  # web hosting whose servers send mail, too
    FORWARDER = "forwarder"
    LIST = "list"  # mailing lists
    ISP = "isp"
    OTHER = "other"


class Answer(StrEnum):
    """Whether a service can do something."""

    YES = "yes"
    NO = "no"
    CUSTOM = "custom"  # once the customer sets up a domain of their own


class Strength(IntEnum):
    """The kinds of evidence, the most telling first; the names are the columns of the catalogue."""

    DKIM_DOMAINS = 1
    DKIM_SELECTORS = 2
    ENVELOPE_DOMAINS = 3
    REVERSE_NAMES = 4
    MAP_NAMES = 5
    ASNS = 6

    @property
    def field(self) -> str:
        """The column of the catalogue that holds patterns of this kind."""
        return self.name.lower()


class Pattern(NamedTuple):
    """One way to recognise a service: a row of the table that matching joins with.

    `pattern` is, by `field`: a domain that matches itself and everything below it (dkim_domains, envelope_domains,
    reverse_names); a glob of `*` and `?` for the whole selector (dkim_selectors); a name (map_names); a number (asns).
    Domains and selectors are in lower case. No field holds the same pattern for two services.
    """

    service: str
    field: str
    pattern: str
    strength: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One line of the catalogue; docs/services.md explains the columns. Empty or None means: not known."""

    id: str
    name: str
    kind: Kind
    dkim_domains: tuple[str, ...] = ()
    dkim_selectors: tuple[str, ...] = ()
    envelope_domains: tuple[str, ...] = ()
    reverse_names: tuple[str, ...] = ()
    asns: tuple[int, ...] = ()
    spf_include: tuple[str, ...] = ()
    map_names: tuple[str, ...] = ()
    spf_aligns: Answer | None = None
    dkim_aligns: Answer | None = None
    forwards: bool | None = None
    multi_tenant: bool | None = None
    fix_en: str = ""
    fix_ja: str = ""
    doc_title: str = ""
    doc_url: str = ""
    source: str
    verified_on: date

    @property
    def documented(self) -> bool:
        """Whether the vendor's own words stand behind the line, not only parsedmarc's map."""
        return bool(self.doc_url)

    def patterns(self) -> tuple[Pattern, ...]:
        """All its patterns, the strongest first."""
        return tuple(
            Pattern(self.id, strength.field, str(pattern), int(strength))
            for strength in Strength
            for pattern in getattr(self, strength.field)
        )
