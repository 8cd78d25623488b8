"""What changed against the window before: few claims, each one worth a look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import pandas as pd

from analytics.ask import ask
from analytics.freshness import freshness

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from analytics.reader import Reader
    from analytics.window import Window

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
            *(bursts(ask(one, "unproven_days", window.parameters()), window.since) if covered else ()),
            *policy_steps(ask(one, "policy_days", window.parameters()), window.since),
        ]
    return tuple(sorted(found, key=lambda change: (-change.messages, change.kind, change.subject)))


def _services(reader: Reader, window: Window, first_day: date | None) -> Iterator[Change]:
    rows = ask(reader, "service_history", window.parameters()).to_dict("records")
    history = [_history({str(name): value for name, value in row.items()}) for row in rows]
    if first_day is not None and first_day <= window.since - HISTORY:
        yield from new_services(history, window.since)
    yield from gone_services(history, min(GONE_DAYS, window.days))
    yield from rate_steps(history)


def _history(row: dict[str, Any]) -> History:
    domain = row["domain"] if isinstance(row["domain"], str) else None
    return History(**(row | {"domain": domain, "first_seen": row["first_seen"].date()}))


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


def bursts(days: pd.DataFrame, since: date) -> Iterator[Change]:
    """Domains for which failing mail of services that never passed grew BURST_FACTOR times or more.

    `first_day` is the first day above every day of the window before.

    Args:
        days: `queries/unproven_days.sql`, over both windows.
        since: first day of the later window.
    """
    for domain, rows in days.groupby("policy_domain"):
        earlier, later = _split(rows, since)
        before, after = int(earlier["messages"].sum()), int(later["messages"].sum())
        if after < QUIET_BELOW or after < BURST_FACTOR * before:
            continue
        peak = earlier["messages"].max() if len(earlier) else 0
        above = later[later["messages"] > peak]["day"]
        first_day = above.min().date() if len(above) else None
        yield Change(Kind.FAILING_BURST, str(domain), str(domain), before, after, after - before, first_day)


def policy_steps(days: pd.DataFrame, since: date) -> Iterator[Change]:
    """Domains whose published policy is another one at the end of the window.

    Per day the policy that most messages met counts, because reporters keep the old record for a while.

    Args:
        days: `queries/policy_days.sql`, over both windows.
        since: first day of the later window.
    """
    by_weight = days.sort_values(["messages", "reports", "p"], ascending=[False, False, True])
    daily = by_weight.drop_duplicates(["policy_domain", "day"]).sort_values(["policy_domain", "day"])
    volume = days.groupby(["policy_domain", "day"])["messages"].sum()
    for domain, rows in daily.groupby("policy_domain"):
        earlier, later = _split(rows, since)
        if later.empty:
            continue
        before = str(earlier["p"].iloc[-1] if len(earlier) else later["p"].iloc[0])
        after = str(later["p"].iloc[-1])
        others = later[later["p"] != after]["day"]
        since_step = later[later["day"] > others.max()] if len(others) else later
        first_day = since_step["day"].iloc[0]
        messages = int(volume[domain].loc[first_day:].sum())
        if before != after and messages >= QUIET_BELOW:
            yield Change(Kind.POLICY_STEP, str(domain), str(domain), before, after, messages, first_day.date())


def _split(rows: pd.DataFrame, since: date) -> tuple[pd.DataFrame, pd.DataFrame]:
    later = rows["day"] >= pd.Timestamp(since)
    return rows[~later], rows[later]
