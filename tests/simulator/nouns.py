"""What the simulator is made of: flows of mail, the ways in which a mail of one can look, and what is true of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

DAYS = 28
EVERY_DAY = range(DAYS)


class Owner(StrEnum):
    """Who made the mail, and how it travelled."""

    OURS = "ours"
    PASSED_ON = "passed on"  # ours, by way of a forwarder or a mailing list
    STRANGER = "stranger"


class Told(StrEnum):
    """What is true of a record. Only the score knows it."""

    FINE = "ours, passes"
    BROKEN = "ours, broken"
    TEMPORARY = "ours, DNS was down"
    PASSED_ON = "passed on"
    SPOOFED = "spoofed"


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true of a record, and of which flow it is."""

    told: Told
    cause: str  # of what is ours and broken: a `kind` of the verdict "misconfigured"
    flow: str


@dataclass(frozen=True, slots=True)
class Way:
    """How a share of a flow looks to a receiver whose DNS works."""

    share: float
    owner: Owner
    signatures: tuple[tuple[str, str, str], ...]  # d=, s=, result
    spf: tuple[str, str]  # domain, result
    envelope: str  # '' is a null sender: SPF is then asked about HELO
    hint: str = ""  # list, forwarded: what a receiver that explains itself may say
    cause: str = "broken_signature"  # if it fails though it is ours


@dataclass(frozen=True, slots=True)
class Flow:
    """Mail of one kind."""

    name: str
    header_from: str
    addresses: tuple[str, ...]
    per_day: float  # messages, all receivers together
    ways: tuple[Way, ...]
    days: range = EVERY_DAY
    approve: tuple[str, ...] = ()  # rules that a diligent administrator writes down after asking around


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who reports, and what it leaves out."""

    name: str
    share: float  # of all mail
    envelope_from: bool = True
    scope: str | None = "mfrom"
    selectors: bool = True
    reasons: Mapping[str, tuple[str, str | None]] = field(default_factory=dict)  # hint → type, comment
    tells: float = 0.0  # share of such mail of which it gives its reason
    no_results: float = 0.0  # share of records without auth_results
    says_test_mode: bool = False


@dataclass(frozen=True, slots=True)
class Domain:
    """A policy domain, as published."""

    name: str
    p: str
    testing: bool = False
