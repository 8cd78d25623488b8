"""Whether a report is from whom its mail is from: From, report email, org_name, Submitter and file name held against each other."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.trust import names

if TYPE_CHECKING:
    from ingest.model import ReadMail, ReadPayload, Report
    from ingest.trust.aliases import Aliases, Reporter

_SUBMITTER = re.compile(r"submitter:\s*(?:\{([^{}]{1,253})\}|([^\s;]{1,253}))", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Claims:
    """Who a report says it is from, in each of its places. None: not said."""

    org_name: str | None  # as sent
    reporter: str  # as normalized, which is what people see
    email: str | None
    submitter: str | None
    receiver: str | None  # first part of the file name

    def reporters(self, aliases: Aliases) -> list[Reporter]:
        """The known reporters that it claims to be, by name and by report email."""
        found = [aliases.named(self.org_name), aliases.named(self.reporter), aliases.at(self.email)]
        return list(dict.fromkeys(reporter for reporter in found if reporter))


@dataclass(frozen=True, slots=True)
class Binding:
    """How the claims and From fit. `stranger` and `known` exclude each other."""

    bound: bool
    why: str  # a clause: what does not fit, or what does
    known: Reporter | None = None  # the reporter, when it is in the table and From is its own
    stranger: Reporter | None = None  # a known reporter that is claimed while From is none of its domains


def claims(payload: ReadPayload, report: Report, mail: ReadMail) -> Claims:
    """What one report of a mail claims."""
    subject = _SUBMITTER.search((mail.subject or "")[:2_000])
    return Claims(
        org_name=report.reporter_raw,
        reporter=report.reporter,
        email=report.reporter_email,
        submitter=(subject.group(1) or subject.group(2)).strip(" <>{}") if subject else None,
        receiver=_receiver(payload.member),
    )


def bind(said: Claims, sender: str | None, aliases: Aliases) -> Binding:
    """How the claims fit the address in From (None: there is none)."""
    for reporter in said.reporters(aliases):
        if not reporter.owns(sender):
            return Binding(bound=False, why=f"claims to be {reporter.reporter}", stranger=reporter)
    named = aliases.named(said.org_name) or aliases.named(said.reporter)
    if named is not None:
        return _bound_to_known(said, sender, named, aliases)
    return _bound_to_unknown(said, names.organization(names.domain_of(sender)), aliases)


def _bound_to_known(said: Claims, sender: str | None, reporter: Reporter, aliases: Aliases) -> Binding:
    if not reporter.sends_from(sender):
        return Binding(bound=False, why=f"From is not an address that {reporter.reporter} reports from")
    if said.email and aliases.at(said.email) is not reporter and not names.aligned(_host(said.email), _host(sender)):
        return Binding(bound=False, why="the report email is of another organization")
    for place, word in (("Submitter", said.submitter), ("the file name", said.receiver)):
        other = aliases.named(word)
        if other is not None and other is not reporter:
            return Binding(bound=False, why=f"{place} says {other.reporter}")
    return Binding(bound=True, why=f"From belongs to {reporter.reporter}", known=reporter)


def _bound_to_unknown(said: Claims, org: str | None, aliases: Aliases) -> Binding:
    """Every place that names a domain must name one of the organization in From, and at least one must."""
    if org is None:
        return Binding(bound=False, why="there is no usable address in From")
    places = {
        "org_name": names.organization(said.org_name),
        "the report email": names.organization(_host(said.email)),
        "Submitter": names.organization(said.submitter),
        "the file name": names.organization(said.receiver),
    }
    for place, found in places.items():
        if found is not None and found != org:
            return Binding(bound=False, why=f"{place} says {found}, From says {org}")
    for place, word in (("Submitter", said.submitter), ("the file name", said.receiver)):
        if other := aliases.named(word):
            return Binding(bound=False, why=f"{place} says {other.reporter}, From says {org}")
    if places["org_name"] is None and places["the report email"] is None:
        return Binding(bound=False, why="neither org_name nor report email names a domain")
    return Binding(bound=True, why=f"report and From both belong to {org}")


def _host(address: str | None) -> str | None:
    return names.domain_of((address or "").strip("<> \t\r\n"))


def _receiver(member: str) -> str | None:
    """The receiver in `receiver!policy-domain!begin!end[!id].xml`, the innermost file name that has that form."""
    for name in reversed(member.split("/")):
        parts = name.split("!")
        if len(parts) >= 4 and parts[2].isdigit():
            return parts[0].rpartition(" ")[2][:253] or None
    return None
