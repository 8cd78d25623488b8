"""An entry of the registry as a form holds it: texts that a person sees and changes."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from dashboards.wording.plain import visible
from ingest.registering import Said
from ingest.registry import domains_of, slug

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from analytics.registry.proposals import Proposal
    from ingest.registry import Entry

_TEXTS = ("name", "owner", "ticket", "note")
_VALUES = ("critical", "valid_from", "valid_to")
_NEEDED = ("name", "domains", "rules")


@dataclass(frozen=True, slots=True)
class Draft:
    """What stands in the fields of the form; what nobody reads is made visible."""

    name: str = ""
    entry_id: str = ""  # empty: made from the name
    domains: str = ""  # one a line
    rules: str = ""  # one a line
    owner: str = ""
    ticket: str = ""
    note: str = ""
    critical: bool = False
    valid_from: date | None = None
    valid_to: date | None = None

    @classmethod
    def of_entry(cls, entry: Entry) -> Draft:
        """An entry as it is."""
        values: dict[str, Any] = {name: visible(getattr(entry, name), keep="\n\t") for name in _TEXTS}
        values |= {name: getattr(entry, name) for name in _VALUES}
        rules = "\n".join(rule.short(entry.domains) for rule in entry.rules)
        return cls(entry_id=entry.entry_id, domains="\n".join(entry.domains), rules=rules, **values)

    @classmethod
    def of_proposal(cls, proposal: Proposal) -> Draft:
        """A proposal."""
        domains, rules = "\n".join(proposal.domains), "\n".join(proposal.rules)
        return cls(name=visible(proposal.name), entry_id=proposal.entry_id, domains=domains, rules=rules)

    @classmethod
    def of_address(cls, drill: Mapping[str, str]) -> Draft:
        """What another page, or anybody, wrote into an address; several rules or domains stand there with a blank between."""
        lines = (visible("\n".join(drill.get(name, "").split()), keep="\n") for name in ("from_domain", "rule"))
        domains, rules = lines
        return cls(name=visible(drill.get("name", "")), domains=domains, rules=rules)

    @property
    def named(self) -> str:
        """The id of a new entry."""
        return self.entry_id.strip() or slug(self.name)

    @property
    def missing(self) -> str | None:
        """The first field that must hold something and does not."""
        return next((name for name in _NEEDED if not getattr(self, name).strip()), None)

    def said(self, shown: Draft) -> Said:
        """What a person changed, when `shown` stood in the form before; the rest stays as it is, whatever it is by now.

        Raises:
            SettingsError: a domain is none.
        """
        differ = [one.name for one in fields(self) if getattr(self, one.name) != getattr(shown, one.name)]
        changed: dict[str, Any] = {name: getattr(self, name) for name in (*_TEXTS, *_VALUES) if name in differ}
        if "domains" in differ:
            changed["domains"] = domains_of(_lines(self.domains))
        anew = "domains" in differ or "rules" in differ  # what a rule proves depends on the domains
        return Said(changed, _lines(self.rules) if anew else None)


def _lines(text: str) -> list[str]:
    return [line for line in text.replace(",", "\n").split() if line]
