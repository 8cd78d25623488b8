"""What the rules look at: one row per case, one column per fact, each worked out once and named.

A case is what records of some days say that agree in address and evidence. What is usual (`usual.py`) is told by all cases; a verdict is asked for some of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd

from analytics.verdict.usual import usual

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    import numpy.typing as npt

    from analytics.verdict.material import Cases, Flags, Material, Table

BROKEN = ("fail", "permerror", "neutral", "policy")  # a signature that is there and does not verify
REFUSED = ("fail", "softfail")  # SPF says: not from here
# Kinds of parsedmarc's map: where mail of others leaves, too, and where every customer has addresses of its own.
FORWARDING_KINDS = ("Email Provider", "Email Security", "Education", "Web Host", "ISP", "MSP")
RENTED_KINDS = ("Web Host", "ISP", "MSP")


class Senders(Protocol):
    """Whoever knows which senders were approved: the registry."""

    def match(self, cases: Cases, service_id: npt.NDArray[Any]) -> Mapping[str, npt.NDArray[Any]]:
        """What was decided about each case, on its day.

        Returns:
            `entry_id` (text or None), `proof` ('tenant', 'vendor' or None), `decision` ('approve', 'deny', 'ignore' or None) and as bool
            `by_address` (it is told by where it comes from, not by what survives forwarding).
        """
        ...


class Catalogue(Protocol):
    """Whoever knows mail services."""

    def recognised(self, cases: Cases) -> Mapping[str, npt.NDArray[Any]]:
        """Name the service of each case.

        Returns:
            `service_id` (text or None), and as bool `forwards` (it passes on mail of others), `lists` (it hosts mailing lists) and `generic` (what passed
            is the service's own domain, which it uses for every customer).
        """
        ...


class NobodyRegistered:
    """`Senders` where no sender was approved or denied yet: what the data shows has to do."""

    def match(self, cases: Cases, service_id: npt.NDArray[Any]) -> Mapping[str, npt.NDArray[Any]]:
        """Nothing for every case."""
        nothing = np.full(len(service_id), None, dtype=object)
        told = {"entry_id": nothing, "proof": nothing, "decision": nothing}
        return {**told, "by_address": np.zeros(len(cases), dtype=bool)}


@dataclass(frozen=True, slots=True)
class Inventory:
    """What is known of our own domains; without it every header_from of an accepted report is ours, and all of them may send."""

    silent: frozenset[str] = frozenset()  # domains that never send
    missing: frozenset[str] = frozenset()  # names that do not exist in DNS


def with_signals(cases: Cases, senders: Senders, catalogue: Catalogue, inventory: Inventory) -> pd.DataFrame:
    """A column for everything that a rule asks, and service_id and entry_id (text or None); one row per case that is asked for."""
    known = {**_in_the_mail(cases), **_on_the_way(cases)}
    known |= _people(cases, senders, catalogue)
    names = set(inventory.silent | inventory.missing)
    known["not_a_sender"] = cases.material.evidence.where("header_from", names.__contains__)[cases.evidence]
    known |= usual(cases, known)
    return pd.DataFrame({name: column[cases.asked] for name, column in known.items()})


def _in_the_mail(cases: Cases) -> dict[str, Flags]:
    """What the receiver saw in the mail itself: worked out for evidence."""
    return {name: column[cases.evidence] for name, column in _of_evidence(cases.material).items()}


def _of_evidence(material: Material) -> dict[str, Flags]:
    seen = material.evidence
    author, checked = material.organization("header_from"), material.organization("spf_domain")
    envelope, other = material.organization("envelope_from"), material.organization("other_domain")
    dkim_aligned, spf_aligned = seen.flag("dkim_aligned"), seen.flag("spf_aligned")
    spf_passed = seen.equals("spf_result", "pass") & ~seen.equals("spf_scope", "helo")
    return {
        "dkim_aligned": dkim_aligned,
        "spf_aligned": spf_aligned,
        "passes": dkim_aligned | spf_aligned,
        "our_signature": seen.given("our_domain"),
        "our_signature_broken": seen.equals("our_result", *BROKEN),
        "our_signature_passed": seen.equals("our_result", "pass"),
        "our_signature_later": seen.equals("our_result", "temperror"),
        "spf_later": seen.equals("spf_result", "temperror"),
        "other_signature": seen.given("other_domain"),
        "spf_elsewhere": spf_passed & (checked != author),
        "spf_refused": seen.equals("spf_result", *REFUSED),
        "envelope_ours": ((envelope == author) & (envelope != 0))
        | (~seen.given("envelope_from") & (checked == author) & (checked != 0)),
        "null_sender": seen.equals("envelope_from", ""),
        "list_signature": (other != 0) & spf_passed & (other == checked) & (checked != author),
        "says_list": _says(seen, "mailing_list"),
        "says_forwarded": _says(seen, "forwarded") | _says(seen, "trusted_forwarder"),
        "says_arc": _says(seen, "arc"),
        "selector_named": seen.given("our_selector"),
        "no_results": ~seen.given("spf_result") & (seen.frame["signatures"].to_numpy() == 0),
        "rejects": seen.equals("p", "reject"),
    }


def _says(seen: Table, reason: str) -> Flags:
    """It is among the reasons of the reporter."""
    return seen.where("override", lambda text: reason in text.split())


def _on_the_way(cases: Cases) -> dict[str, Flags]:
    """What joins the mail and the address that it came from."""
    material = cases.material
    host = material.organization("reverse_name")[cases.address]
    network = material.organization("as_domain")[cases.address]
    author, envelope, checked = (
        material.organization(name)[cases.evidence] for name in ("header_from", "envelope_from", "spf_domain")
    )
    return {
        "spf_of_host": (checked != 0) & ((checked == network) | (checked == host)),
        "envelope_rewritten": (envelope != 0) & (envelope != author) & ((envelope == network) | (envelope == host)),
        "no_reverse_name": ~material.addresses.given("reverse_name")[cases.address],
        "several_reporters": cases.several,
    }


def _people(cases: Cases, senders: Senders, catalogue: Catalogue) -> dict[str, Any]:
    """What we know of the sender."""
    service = catalogue.recognised(cases)
    decided = senders.match(cases, service["service_id"])
    approved, tenant, vendor = (
        decided[name] == value for name, value in (("decision", "approve"), ("proof", "tenant"), ("proof", "vendor"))
    )
    addresses = cases.material.addresses
    rented = addresses.equals("service_kind", *RENTED_KINDS)
    alone = (rented | (~addresses.given("service") & ~addresses.given("as_name")))[cases.address]
    kind = addresses.equals("service_kind", *FORWARDING_KINDS)[cases.address]
    named = pd.notna(service["service_id"])
    return {
        "service_id": service["service_id"],
        "known_service": named & ~service["forwards"] & ~service["lists"],
        "forwards": service["forwards"] | kind,
        "hosts_lists": service["lists"],
        # Where no catalogue helps, a network with a name has many customers; a rented or unnamed address has one.
        "own_account": service["generic"] | (~named & (alone | vendor)),
        "rented": rented[cases.address],
        "entry_id": decided["entry_id"],
        "registered": approved & tenant,
        "registered_vendor": approved & vendor,
        "registered_here": approved & tenant & decided["by_address"],
        "denied": decided["decision"] == "deny",
        "ignored": decided["decision"] == "ignore",
    }
