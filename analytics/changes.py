"""What changed against the window before: few claims, each one worth a look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypeVar

from analytics.ask import ask_plainly
from analytics.freshness import freshness

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from analytics.reader import Reader
    from analytics.window import Window

T = TypeVar("T")

QUIET_BELOW = 20  # messages: below, chance explains everything
RATE_STEP = 0.05  # of the pass rate: smaller steps happen every week
RATE_MESSAGES = 50  # messages that the step moved
BURST_FACTOR = 3
GONE_DAYS = 3  # who sent on fewer days before may simply have a pause
HISTORY = timedelta(days=7)  # data before the window, without which everybody would be new


class Kind(StrEnum):
    """What kind of change."""

    NEW_SERVICE = "new_service"  # before, after: messages
    GONE_SERVICE = "gone_service"  # before, after: messages
    SERVICE_WORSE = "service_worse"  # before, after: pass rate 0..1
    SERVICE_BETTER = "service_better"  # before, after: pass rate 0..1
    FAILING_BURST = "failing_burst"  # before, after: failing messages of services that never passed
    POLICY_STEP = "policy_step"  # before, after: p


@dataclass(frozen=True, slots=True)
class Change:
    """One claim. `before` and `after` mean what its kind says."""

    kind: Kind
    subject: str  # a service, or a policy domain for FAILING_BURST and POLICY_STEP
    domain: str | None  # policy domain; None: more than one
    before: float | str
    after: float | str
    messages: int  # affected
    first_day: date | None  # UTC; None where no day can be named


@dataclass(frozen=True, slots=True)
class History:
    """One row of `queries/service_history.sql`: a service in the window and in the one before. Numbers are messages."""

    service: str
    named: bool  # a known service, not only a network
    domain: str | None  # the policy domain, if there is only one
    first_seen: date
    messages: int
    dmarc_pass: int
    previous_messages: int
    previous_dmarc_pass: int
    previous_days: int  # days with records in the window before


def changes(reader: Reader, window: Window) -> tuple[Change, ...]:
    """All changes of the window against the one before, most affected messages first.

    A volume is compared only where the data covers the whole window before: else everything would have grown.
    """
    with reader.asking() as one:
        first_day = freshness(one).first_day
        covered = first_day is not None and first_day <= window.previous().since
        found = [
            *_services(one, window, first_day),
            *(bursts(ask_plainly(one, "unproven_days", window.parameters()), window.since) if covered else ()),
            *policy_steps(ask_plainly(one, "policy_days", window.parameters()), window.since),
        ]
    return tuple(sorted(found, key=lambda change: (-change.messages, change.kind, change.subject)))


def _services(reader: Reader, window: Window, first_day: date | None) -> Iterator[Change]:
    history = [History(**row) for row in ask_plainly(reader, "service_history", window.parameters())]
    if first_day is not None and first_day <= window.since - HISTORY:
        yield from new_services(history, window.since)
    yield from gone_services(history, min(GONE_DAYS, window.days))
    yield from rate_steps(history)


def new_services(history: Sequence[History], since: date) -> Iterator[Change]:
    """Services never seen before `since`, the first day of the window.

    A bare network that never passed is left out: forgers come from everywhere, `bursts` counts them together.
    """
    for past in history:
        believable = past.named or past.dmarc_pass > 0
        if past.first_seen >= since and past.messages >= QUIET_BELOW and believable:
            yield Change(Kind.NEW_SERVICE, past.service, past.domain, 0, past.messages, past.messages, past.first_seen)


def gone_services(history: Sequence[History], days: int) -> Iterator[Change]:
    """Services that passed in the window before, on `days` days or more, and of which this window holds nothing.

    No claim when the window holds nothing at all: then the reports are missing, not the senders.
    """
    if not any(past.messages for past in history):
        return
    for past in history:
        regular = past.previous_days >= days and past.previous_dmarc_pass >= QUIET_BELOW
        if regular and past.messages == 0:
            before = past.previous_messages
            yield Change(Kind.GONE_SERVICE, past.service, past.domain, before, 0, before, None)


def rate_steps(history: Sequence[History]) -> Iterator[Change]:
    """Services whose pass rate moved by RATE_STEP or more, and RATE_MESSAGES or more with it."""
    for past in history:
        if min(past.messages, past.previous_messages) < QUIET_BELOW:
            continue
        before, after = past.previous_dmarc_pass / past.previous_messages, past.dmarc_pass / past.messages
        moved = round(abs(after - before) * past.messages)
        if abs(after - before) >= RATE_STEP and moved >= RATE_MESSAGES:
            kind = Kind.SERVICE_BETTER if after > before else Kind.SERVICE_WORSE
            yield Change(kind, past.service, past.domain, before, after, moved, None)


def bursts(days: Sequence[Mapping[str, Any]], since: date) -> Iterator[Change]:
    """Domains for which failing mail of services that never passed grew BURST_FACTOR times or more.

    `first_day` is the first day above every day of the window before.

    Args:
        days: `queries/unproven_days.sql`, over both windows.
        since: first day of the later window.
    """
    for domain, rows in groupby(days, key=itemgetter("policy_domain")):
        volume = {row["day"]: row["messages"] for row in rows}
        earlier, later = _split(volume, since)
        before, after = sum(earlier.values()), sum(later.values())
        if after < QUIET_BELOW or after < BURST_FACTOR * before:
            continue
        peak = max(earlier.values(), default=0)
        first_day = min((day for day, messages in later.items() if messages > peak), default=None)
        yield Change(Kind.FAILING_BURST, domain, domain, before, after, after - before, first_day)


def policy_steps(days: Sequence[Mapping[str, Any]], since: date) -> Iterator[Change]:
    """Domains whose published policy is another one at the end of the window.

    Per day the policy that most messages met counts, because reporters keep the old record for a while.

    Args:
        days: `queries/policy_days.sql`, over both windows.
        since: first day of the later window.
    """
    for domain, rows in groupby(days, key=itemgetter("policy_domain")):
        daily = {day: list(seen) for day, seen in groupby(rows, key=itemgetter("day"))}
        earlier, later = _split({day: _policy(seen) for day, seen in daily.items()}, since)
        if not later:
            continue
        before, after = [*earlier.values(), *later.values()][max(len(earlier) - 1, 0)], [*later.values()][-1]
        last_other = max((day for day, policy in later.items() if policy != after), default=date.min)
        first_day = min(day for day in later if day > last_other)
        messages = sum(row["messages"] for day, seen in daily.items() if day >= first_day for row in seen)
        if before != after and messages >= QUIET_BELOW:
            yield Change(Kind.POLICY_STEP, domain, domain, before, after, messages, first_day)


def _policy(seen: Sequence[Mapping[str, Any]]) -> str:
    return str(min(seen, key=lambda row: (-row["messages"], -row["reports"], row["p"]))["p"])


def _split(by_day: Mapping[date, T], since: date) -> tuple[dict[date, T], dict[date, T]]:
    earlier = {day: value for day, value in by_day.items() if day < since}
    return earlier, {day: value for day, value in by_day.items() if day >= since}
