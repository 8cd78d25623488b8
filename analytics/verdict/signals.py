"""What the rules look at: one row per case, one column per fact, each worked out once and named.

A case is a row of `queries/verdict_cases.sql`: records of one day that agree in everything that a verdict depends on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from ingest.suffixes import suffixes

if TYPE_CHECKING:
    from collections.abc import Mapping

    Mask = pd.Series[bool]

BROKEN = frozenset({"fail", "permerror", "neutral", "policy"})  # a signature that is there and does not verify
REFUSED = frozenset({"fail", "softfail"})  # SPF says: not from here
# Kinds of parsedmarc's map: where mail of others leaves, too, and where every customer has addresses of its own.
FORWARDING_KINDS = frozenset({"Email Provider", "Email Security", "Education", "Web Host", "ISP", "MSP"})
RENTED_KINDS = frozenset({"Web Host", "ISP", "MSP"})
HOME_SHARE = 0.5  # of the aligned messages of a selector come from its home
STRAY_SHARE = 0.1  # a source group with less of a selector's messages only passes it on
SIGNED_SHARE = 0.9  # of a domain's passing messages carry its signature: what carries none is no forwarded mail of ours
OURS_SHARE = 0.2  # of a source group's messages are aligned where it sends for us and is broken today


class Senders(Protocol):
    """Whoever knows which senders were approved: the registry."""

    def match(self, cases: pd.DataFrame) -> pd.DataFrame:
        """What was decided about each case, on its day.

        Returns:
            `entry_id` (text or None), `proof` ('tenant', 'vendor' or None), `decision` ('approve', 'deny', 'ignore' or None) and as bool
            `by_address` (it is told by where it comes from, not by what survives forwarding); rows as in `cases`.
        """
        ...


class Catalogue(Protocol):
    """Whoever knows mail services."""

    def recognised(self, cases: pd.DataFrame) -> pd.DataFrame:
        """Name the service of each case.

        Returns:
            `service_id` (text or None), and as bool `forwards` (it passes on mail of others), `lists` (it hosts mailing lists) and `generic` (what passed
            is the service's own domain, which it uses for every customer); rows as in `cases`.
        """
        ...


class NobodyRegistered:
    """`Senders` where no sender was approved or denied yet: what the data shows has to do."""

    def match(self, cases: pd.DataFrame) -> pd.DataFrame:
        """Nothing for every case."""
        nothing = pd.DataFrame({"entry_id": None, "proof": None, "decision": None}, index=cases.index, dtype=object)
        return nothing.assign(by_address=False)


@dataclass(frozen=True, slots=True)
class Inventory:
    """What is known of our own domains; without it every header_from of an accepted report is ours, and all of them may send."""

    silent: frozenset[str] = frozenset()  # domains that never send
    missing: frozenset[str] = frozenset()  # names that do not exist in DNS


def with_signals(cases: pd.DataFrame, senders: Senders, catalogue: Catalogue, inventory: Inventory) -> pd.DataFrame:
    """The cases with a column for everything that a rule asks; see `_evidence`, `_history` and `_people`."""
    frame = cases.reset_index(drop=True)
    frame = frame.assign(**_evidence(frame))
    frame = frame.assign(**_people(frame, senders, catalogue, inventory))
    return frame.assign(**_history(frame))


def _evidence(frame: pd.DataFrame) -> Mapping[str, Any]:
    """What the receiver saw in the mail itself."""
    organization = _organizations(
        frame, ("header_from", "envelope_from", "other_domain", "spf_domain", "as_domain", "reverse_name")
    )
    author, envelope, other, checked, network, host = (organization[name] for name in organization)
    override = frame["override"].fillna("")
    spf_passed = frame["spf_result"].eq("pass") & ~frame["spf_scope"].eq("helo")
    return {
        "organization": author,
        "passes": frame["dkim_aligned"] | frame["spf_aligned"],
        "our_signature": frame["our_domain"].notna(),
        "our_signature_broken": frame["our_result"].isin(BROKEN),
        "our_signature_later": frame["our_result"].eq("temperror"),
        "spf_later": frame["spf_result"].eq("temperror"),
        "other_signature": frame["other_domain"].notna(),
        "spf_elsewhere": spf_passed & checked.ne(author),
        "spf_of_host": checked.ne("") & (checked.eq(network) | checked.eq(host)),
        "spf_refused": frame["spf_result"].isin(REFUSED),
        "spf_permerror": frame["spf_result"].eq("permerror"),
        "envelope_ours": (envelope.eq(author) & envelope.ne(""))
        | (frame["envelope_from"].isna() & checked.eq(author) & checked.ne("")),
        "null_sender": frame["envelope_from"].eq(""),
        "envelope_rewritten": (envelope.ne("") & envelope.ne(author) & (envelope.eq(network) | envelope.eq(host))),
        "list_signature": other.ne("") & spf_passed & other.eq(checked) & checked.ne(author),
        "says_list": override.str.contains(r"\bmailing_list\b"),
        "says_forwarded": override.str.contains(r"\b(?:trusted_)?forward(?:ed|er)\b"),
        "says_arc": override.str.contains(r"\barc\b"),
        "selector_named": frame["our_selector"].notna(),
        "no_results": frame["spf_result"].isna() & frame["dkim"].map(len).eq(0),
        "no_reverse_name": frame["reverse_name"].isna(),
        "several_reporters": frame["reporters"].map(len).ge(2),
    }


def _people(frame: pd.DataFrame, senders: Senders, catalogue: Catalogue, inventory: Inventory) -> Mapping[str, Any]:
    """What we know of the sender, and of the name it uses."""
    service = catalogue.recognised(frame)
    known = senders.match(frame.assign(service_id=service["service_id"]))
    approved = known["decision"].eq("approve")
    kind = frame["service_kind"].isin(FORWARDING_KINDS)
    alone = frame["service_kind"].isin(RENTED_KINDS) | (frame["service"].isna() & frame["as_name"].isna())
    return {
        "service_id": service["service_id"],
        "known_service": service["service_id"].notna() & ~service["forwards"] & ~service["lists"],
        "forwards": service["forwards"] | kind,
        "hosts_lists": service["lists"],
        # Where no catalogue helps, a network with a name has many customers; a rented or unnamed address has one.
        "own_account": service["generic"] | (service["service_id"].isna() & (alone | known["proof"].eq("vendor"))),
        "entry_id": known["entry_id"],
        "registered": approved & known["proof"].eq("tenant"),
        "registered_vendor": approved & known["proof"].eq("vendor"),
        "registered_here": approved & known["proof"].eq("tenant") & known["by_address"],
        "denied": known["decision"].eq("deny"),
        "ignored": known["decision"].eq("ignore"),
        "not_a_sender": frame["header_from"].isin(inventory.silent | inventory.missing),
        "group": frame["service"].fillna(frame["as_name"]).fillna(frame["source_ip"]).fillna("?").astype(object),
    }


def _history(frame: pd.DataFrame) -> Mapping[str, Any]:
    """What the rest of the window says about the same selector, the same place and the same name."""
    messages, author, group = frame["messages"], frame["header_from"], frame["group"]
    named = frame["dkim_aligned"] & frame["our_result"].eq("pass") & frame["our_selector"].notna()
    selector = frame["our_domain"].fillna("") + " " + frame["our_selector"].fillna("")
    of_selector = messages.where(named, 0).groupby(selector).transform("sum")
    share = _share(messages.where(named), messages.where(named), [selector, group], [selector])
    home = named & share.ge(HOME_SHARE)
    # Some reporters name no selector: then the place is home if it is that of a selector of ours that others name.
    home |= frame["dkim_aligned"] & ~named & home.groupby([frame["organization"], group]).transform("any")
    rewritten = home & _rewritten_at_home(frame, selector)
    # At a web host or provider only the address itself tells: its neighbours are other people.
    place = frame["source_ip"].fillna("?").where(frame["service_kind"].isin(RENTED_KINDS), group)
    # Mail that passes by SPF, or signed from its home, comes from a place that we set up; what only survives forwarding does not count.
    from_us = frame["spf_aligned"] | (home & ~rewritten)
    ours = _share(messages.where(from_us), messages, [place, author])
    selectors = selector.where(named).groupby(frame["source_ip"].fillna("")).transform("nunique")
    return {
        "another_tenant": _another_tenant(frame, from_us, place),
        "real_selector": of_selector.gt(0) & frame["our_selector"].notna(),
        "at_home": home,
        "rewritten_at_home": rewritten,
        "strays": share.lt(STRAY_SHARE),
        "many_selectors": selectors.ge(2) & ~frame["spf_aligned"],
        "acts_as_ours": ours.ge(OURS_SHARE),
        **_habits(frame),
    }


def _habits(frame: pd.DataFrame) -> Mapping[str, Any]:
    """What is usual for the name in From:."""
    passing = frame["messages"].where(frame["passes"])
    signed = _share(passing.where(frame["our_signature"]), passing, [frame["header_from"]])
    # A name that never passes itself is measured by the domain above it.
    above = _share(passing.where(frame["our_signature"]), passing, [frame["organization"]])
    never = passing.fillna(0).groupby(frame["organization"]).transform("sum").eq(0)
    return {
        "we_sign": signed.fillna(above).ge(SIGNED_SHARE),
        "not_a_sender": frame["not_a_sender"] | (never & frame["p"].eq("reject")),
    }


def _rewritten_at_home(frame: pd.DataFrame, selector: pd.Series[str]) -> Mask:
    """Another customer of the service that signs for us passed it on: SPF passes for a domain that hardly any of our mail has."""
    messages = frame["messages"].where(frame["dkim_aligned"])
    bounce = [selector, frame["group"], frame["spf_domain"].fillna("")]
    rare = _share(messages, messages, bounce, [selector]).lt(STRAY_SHARE)
    return rare & frame["spf_elsewhere"] & ~frame["own_account"] & ~frame["spf_of_host"]


def _another_tenant(frame: pd.DataFrame, from_us: Mask, place: pd.Series[Any]) -> Mask:
    """What passed belongs to somebody else: a signer or bounce domain that also stands in mail of ours from there is that of our own account."""
    messages, author = frame["messages"], frame["header_from"]
    signers = _share(messages.where(from_us), messages, [place, author, frame["other_domain"].fillna("")])
    bounces = _share(messages.where(from_us), messages, [place, author, frame["spf_domain"].fillna("")])
    elsewhere = (
        (frame["other_signature"] | frame["spf_elsewhere"])
        & ~frame["own_account"]
        & ~(frame["other_signature"] & signers.gt(0))
        & ~(frame["spf_elsewhere"] & bounces.gt(0))
    )
    return elsewhere | _signed_by_another(frame, from_us, place)


def _signed_by_another(frame: pd.DataFrame, from_us: Mask, place: pd.Series[Any]) -> Mask:
    """Where we send, a second signature that passed is of a domain that never signs our mail: services sign for themselves, too."""
    signers = frame["dkim"].map(lambda cell: [one["domain"] for one in cell if one["result"] == "pass"]).explode()
    at = signers.index
    known = pd.MultiIndex.from_arrays([place[at], frame["header_from"][at], signers])
    ours = from_us[at].to_numpy()
    first = signers.eq(frame["other_domain"][at]) | signers.eq(frame["our_domain"][at])
    second = (signers.notna() & ~first & ~frame["passes"][at]).to_numpy()
    strange = pd.Series(second & ~known.isin(known[ours]), index=at).groupby(level=0).any()
    return strange & from_us.groupby([place, frame["header_from"]]).transform("any")


def _share(
    part: pd.Series[Any], whole: pd.Series[Any], by: list[pd.Series[Any]], whole_by: list[pd.Series[Any]] | None = None
) -> pd.Series[float]:
    """Messages of `part` among those of `whole`, each summed over its own groups; NaN where there are none."""
    total = whole.fillna(0).groupby(whole_by or by).transform("sum").astype("float64")
    return part.fillna(0).groupby(by).transform("sum") / total.where(total > 0)


def _organizations(frame: pd.DataFrame, names: tuple[str, ...]) -> dict[str, pd.Series[str]]:
    """The organizational domain of each column, '' where there is none; each different name is looked up once."""
    known: dict[str, str] = {}
    for name in names:
        for domain in frame[name].dropna().unique():
            if domain not in known:
                known[domain] = suffixes().privatesuffix(str(domain).rstrip(".").lower()) or str(domain).lower()
    return {name: frame[name].map(known).fillna("").astype(str) for name in names}
