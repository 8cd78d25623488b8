"""What all cases together say about the same selector, the same place and the same name: what is usual, and what is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analytics.verdict.material import codes

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from analytics.verdict.material import Cases, Codes, Flags

    Shares = npt.NDArray[np.float64]

HOME_SHARE = 0.5  # of the aligned messages of a selector come from its home
STRAY_SHARE = 0.1  # a source group with less of a selector's messages only passes it on
SIGNED_SHARE = 0.9  # of a domain's passing messages carry its signature: what carries none is no forwarded mail of ours
OURS_SHARE = 0.2  # of a source group's messages are aligned where it sends for us and is broken today


@dataclass(frozen=True)
class _Keys:
    """What cases are put together by; each a number."""

    author: Codes  # header_from
    organization: Codes
    group: Codes  # who runs the address
    place: Codes  # the same; at a web host or provider only the address itself tells: its neighbours are other people
    selector: Codes  # with its domain
    bounce: Codes  # spf_domain
    signer: Codes  # other_domain

    @classmethod
    def of(cls, cases: Cases, rented: Flags) -> _Keys:
        """Of the cases."""
        material, seen = cases.material, cases.material.evidence
        group = material.group[cases.address]
        selector = codes(seen.coded("our_domain")[0], seen.coded("our_selector")[0])
        return cls(
            author=seen.coded("header_from")[0][cases.evidence],
            organization=material.organization("header_from")[cases.evidence],
            group=group,
            place=np.where(rented, cases.address + group.max(initial=0) + 1, group),
            selector=selector[cases.evidence],
            bounce=seen.coded("spf_domain")[0][cases.evidence] + 1,
            signer=seen.coded("other_domain")[0][cases.evidence] + 1,
        )


def usual(cases: Cases, known: Mapping[str, Flags]) -> dict[str, Flags]:
    """Signals of `signals.py` that need all cases."""
    keys, messages = _Keys.of(cases, known["rented"]), cases.messages
    named = known["dkim_aligned"] & known["our_signature_passed"] & known["selector_named"]
    here, of_named = codes(keys.selector, keys.group), np.where(named, messages, 0.0)
    of_selector = _sums(of_named, keys.selector)
    share = _part(_sums(of_named, here), of_selector)
    home = named & (share >= HOME_SHARE)
    # Some reporters name no selector: then the place is home if it is that of a selector of ours that others name.
    home |= known["dkim_aligned"] & ~named & _any(home, codes(keys.organization, keys.group))
    rewritten = home & _rewritten_at_home(cases, known, keys)
    # Mail that passes by SPF, or signed from its home, comes from a place that we set up; what only survives forwarding does not count.
    from_us = known["spf_aligned"] | (home & ~rewritten)
    at_place = codes(keys.place, keys.author)
    ours = _part(_sums(np.where(from_us, messages, 0.0), at_place), _sums(messages, at_place))
    strange = _signed_by_another(cases, known, at_place, from_us)
    return {
        "another_tenant": _another_tenant(cases, known, keys, from_us) | (strange & _any(from_us, at_place)),
        "real_selector": (of_selector > 0) & known["selector_named"],
        "at_home": home,
        "rewritten_at_home": rewritten,
        "strays": share < STRAY_SHARE,
        "many_selectors": _many(keys.selector, named, cases.address) & ~known["spf_aligned"],
        "acts_as_ours": ours >= OURS_SHARE,
        **_habits(cases, known, keys),
    }


def _habits(cases: Cases, known: Mapping[str, Flags], keys: _Keys) -> dict[str, Flags]:
    """What is usual for the name in From:."""
    passing = np.where(known["passes"], cases.messages, 0.0)
    signed = np.where(known["our_signature"], passing, 0.0)
    of_name = _part(_sums(signed, keys.author), _sums(passing, keys.author))
    # A name that never passes itself is measured by the domain above it.
    of_all = _sums(passing, keys.organization)
    above = _part(_sums(signed, keys.organization), of_all)
    return {
        "we_sign": np.where(np.isnan(of_name), above, of_name) >= SIGNED_SHARE,
        "not_a_sender": known["not_a_sender"] | ((of_all == 0) & known["rejects"]),
    }


def _rewritten_at_home(cases: Cases, known: Mapping[str, Flags], keys: _Keys) -> Flags:
    """Another customer of the service that signs for us passed it on: SPF passes for a domain that hardly any of our mail has."""
    signed = np.where(known["dkim_aligned"], cases.messages, 0.0)
    of_bounce = _sums(signed, codes(keys.selector, keys.group, keys.bounce))
    rare = _part(of_bounce, _sums(signed, keys.selector)) < STRAY_SHARE
    return rare & known["spf_elsewhere"] & ~known["own_account"] & ~known["spf_of_host"]


def _another_tenant(cases: Cases, known: Mapping[str, Flags], keys: _Keys, from_us: Flags) -> Flags:
    """What passed belongs to somebody else: a signer or bounce domain that also stands in mail of ours from there is that of our own account."""
    ours = np.where(from_us, cases.messages, 0.0)
    signs_ours = _sums(ours, codes(keys.place, keys.author, keys.signer)) > 0
    bounces_ours = _sums(ours, codes(keys.place, keys.author, keys.bounce)) > 0
    return (
        (known["other_signature"] | known["spf_elsewhere"])
        & ~known["own_account"]
        & ~(known["other_signature"] & signs_ours)
        & ~(known["spf_elsewhere"] & bounces_ours)
    )


def _signed_by_another(cases: Cases, known: Mapping[str, Flags], at_place: Codes, from_us: Flags) -> Flags:
    """Where we send, a second signature that passed is of a domain that never signs our mail: services sign for themselves, too."""
    seen, dkim = cases.material.evidence, cases.material.dkim
    passed = dkim.equals("result", "pass")
    rows, signers = dkim.frame["row"].to_numpy()[passed], dkim.texts("domain")[passed]
    first = (signers == seen.texts("other_domain")[rows]) | (signers == seen.texts("our_domain")[rows])
    strange = np.zeros(len(cases), dtype=bool)
    at, which = _spread(rows, cases.evidence, len(seen))
    if not len(at):
        return strange
    signer = np.unique(signers.astype(str), return_inverse=True)[1][which]
    known_there = _any(from_us[at], codes(at_place[at], signer))
    second = ~first[which] & ~known["passes"][at] & pd.notna(signers)[which]
    strange[at[second & ~known_there]] = True
    return strange


def _spread(rows: npt.NDArray[np.int64], evidence: Codes, length: int) -> tuple[Codes, Codes]:
    """For every case the entries of its evidence: pairs of case and entry. `rows` names the evidence of each entry, in order."""
    counts = np.bincount(rows, minlength=length)
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]]) if length else np.zeros(0, dtype=np.int64)
    many = counts[evidence]
    at = np.repeat(np.arange(len(evidence)), many)
    within = np.arange(len(at)) - np.repeat(np.cumsum(many) - many, many)
    return at, (starts[evidence][at] + within).astype(np.int64)


def _sums(values: Shares, by: Codes) -> Shares:
    """For each case the sum over its group."""
    return np.asarray(np.bincount(by, weights=values), dtype=np.float64)[by] if len(by) else values


def _any(flags: Flags, by: Codes) -> Flags:
    """For each case whether it holds anywhere in its group."""
    return _sums(flags.astype(np.float64), by) > 0


def _part(part: Shares, whole: Shares) -> Shares:
    """NaN where there is nothing."""
    found: Shares = np.full(len(part), np.nan)
    np.divide(part, whole, out=found, where=whole > 0)
    return found


def _many(selector: Codes, named: Flags, address: Codes) -> Flags:
    """Two selectors or more of ours come from the address."""
    pairs = address[named][np.unique(codes(address[named], selector[named]), return_index=True)[1]]
    counts = np.bincount(pairs, minlength=int(address.max(initial=0)) + 1)
    return counts[address] >= 2
