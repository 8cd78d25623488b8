"""The reporters that we know: under which names they report and from where they mail. Loaded from `ingest/reference/reporters.csv`.

Who sends under a domain where people have mailboxes is known by whole addresses only, since every user of such a provider can sign for it.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from ingest.trust import names

REMEMBERED = 4_096


@dataclass(frozen=True, slots=True)
class Reporter:
    """One line of the table."""

    reporter: str  # the name that stands for it
    names: tuple[str, ...]  # org_name and Submitter as it writes them; a domain stands for those below it too
    senders: tuple[str, ...]  # addresses, or domains with everything below them, that its mails come from
    house: tuple[str, ...] = ()  # other domains of the same organization: neither proof nor contradiction
    signs: bool = False  # whether a mail of it without a DKIM signature has never been seen

    def sends_from(self, address: str | None) -> bool:
        """Whether its mails come from this address."""
        return address is not None and _listed(address, self.senders)

    def owns(self, address: str | None) -> bool:
        """Whether the address is at least of the same organization."""
        return address is not None and _listed(address, self.senders + self.house)


class Aliases:
    """The table. The same few names and addresses are asked for again and again: answers are remembered."""

    def __init__(self, reporters: tuple[Reporter, ...]) -> None:
        self.reporters = reporters
        self.named = lru_cache(maxsize=REMEMBERED)(self._named)
        self.at = lru_cache(maxsize=REMEMBERED)(self._at)

    def _named(self, text: str | None) -> Reporter | None:
        """The reporter of that name, however it is written; None when we know none."""
        if not text:
            return None
        host, key = names.domain(text), names.key(text)
        for reporter in self.reporters:
            for name in reporter.names:
                if key == names.key(name) or (host and "." in name and names.under(host, name.lower())):
                    return reporter
        return None

    def _at(self, address: str | None) -> Reporter | None:
        """The reporter that the address belongs to."""
        address = (address or "").strip("<> \t\r\n").lower()
        return next((reporter for reporter in self.reporters if reporter.owns(address)), None) if address else None


def _listed(address: str, entries: tuple[str, ...]) -> bool:
    domain = names.domain_of(address)
    return any(
        address == entry if "@" in entry else domain is not None and names.under(domain, entry) for entry in entries
    )


@cache
def known() -> Aliases:
    """The table that ships with the program."""
    text = (files("ingest.reference") / "reporters.csv").read_text(encoding="utf-8")
    return Aliases(tuple(_reporter(row) for row in csv.DictReader(text.splitlines())))


def _reporter(row: dict[str, str]) -> Reporter:
    return Reporter(
        row["reporter"],
        names=_list(row["names"]),
        senders=_list(row["senders"].lower()),
        house=_list(row["house"].lower()),
        signs=row["signs"] == "yes",
    )


def _list(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(";") if part.strip())
