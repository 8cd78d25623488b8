"""How many messages of which kind each receiver saw on a day, and what it decided about them."""

from __future__ import annotations

import calendar
import random
from datetime import timedelta
from typing import TYPE_CHECKING

from dashboards.demo.nouns import Row
from dashboards.demo.story import NO_SUCH_NAME, Policy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from dashboards.demo.habits import Reporter
    from dashboards.demo.nouns import Outcome, Stream
    from dashboards.demo.story import Story


FEW = 12  # messages that go to one recipient domain


def rng_for(seed: int, *about: object) -> random.Random:
    """A generator for one purpose: equal everywhere for the same seed and words."""
    return random.Random(":".join((str(seed), *map(str, about))))


def organisation(domain: str) -> str:
    """The last two labels: enough for the domains of this story."""
    return ".".join(domain.split(".")[-2:])


def whole(amount: float, rng: random.Random) -> int:
    """A whole number near `amount`, whose mean is `amount`."""
    return int(amount + rng.random())


def month_end(day: date) -> bool:
    """Whether it is one of the last two days of its month."""
    return day.day >= calendar.monthrange(day.year, day.month)[1] - 1


def volume(stream: Stream, day: date, seed: int) -> float:
    """Expected messages of a stream on a day, all receivers together."""
    rng = rng_for(seed, "volume", stream.name, day)
    factor = stream.month_end if month_end(day) else 1.0
    return stream.messages[day.weekday()] * factor * rng.lognormvariate(0, 0.09)


def split(messages: int, weights: Sequence[float], rng: random.Random) -> list[int]:
    """Whole parts of `messages` in proportion to `weights`; they add up to it."""
    total = sum(weights)
    parts = [int(messages * weight / total) for weight in weights]
    for index in rng.choices(range(len(weights)), weights, k=messages - sum(parts)):
        parts[index] += 1
    return parts


def _aligned(domain: str, header_from: str, *, strict: bool) -> bool:
    if strict:
        return domain == header_from
    return organisation(domain) == organisation(header_from)


def published(story: Story, reporter: Reporter, domain: str, day: date) -> Policy:
    """The policy that the reporter knew on that day; some notice a change a day late."""
    seen = day - timedelta(days=1) if reporter.keeps_old_policy else day
    return story.policy(domain, seen)


def _wanted(stream: Stream, reporter: Reporter, policy: Policy) -> str:
    """What the policy asks for a message of this header_from that fails."""
    if stream.header_from == NO_SUCH_NAME:
        return policy.np if reporter.knows_np else policy.sp
    return policy.p if stream.header_from == stream.policy_domain else policy.sp


def judge(cell: tuple[str, int, str], stream: Stream, outcome: Outcome, reporter: Reporter, *, policy: Policy) -> Row:
    """The row as this reporter writes it.

    Args:
        cell: source IP, messages, recipient domain.
        stream: what was sent.
        outcome: how it authenticates.
        reporter: who judges.
        policy: what it believes to be published.
    """
    address, messages, recipient = cell
    dkim = any(
        signature.result == "pass" and _aligned(signature.domain, stream.header_from, strict=policy.adkim == "s")
        for signature in outcome.signatures
    )
    spf = outcome.spf_result == "pass" and _aligned(outcome.spf_domain, stream.header_from, strict=policy.aspf == "s")
    wanted = "none" if dkim or spf else _wanted(stream, reporter, policy)
    reason = reporter.list_reason if outcome.from_list and wanted != "none" else None
    disposition = "none" if reason else wanted
    return Row(address, messages, stream.header_from, recipient, outcome, dkim, spf, disposition, reason)


class Day:
    """All mail of one day, ready to be asked per reporter."""

    def __init__(self, story: Story, streams: Sequence[Stream], day: date, seed: int) -> None:
        self._story = story
        self._day = day
        self._seed = seed
        self._sent = [(stream, stream.outcomes(day), volume(stream, day, seed)) for stream in streams]

    def rows(self, reporter: Reporter, domain: str) -> tuple[Row, ...]:
        """What the reporter saw of `domain` on that day, largest first."""
        policy = published(self._story, reporter, domain, self._day)
        rows: list[Row] = []
        for stream, outcomes, messages in self._sent:
            if stream.policy_domain != domain or not outcomes:
                continue
            rng = rng_for(self._seed, "rows", reporter.org_name, stream.name, self._day)
            seen = whole(messages * reporter.share(stream.audience) * rng.lognormvariate(0, 0.12), rng)
            for key, outcome in self._parts(stream, outcomes, reporter, seen, rng=rng):
                rows.append(judge(key, stream, outcome, reporter, policy=policy))
        return tuple(sorted(rows, key=lambda row: (-row.messages, row.source_ip, row.envelope_to, row.header_from)))

    @staticmethod
    def _parts(
        stream: Stream, outcomes: Sequence[Outcome], reporter: Reporter, messages: int, *, rng: random.Random
    ) -> Iterator[tuple[tuple[str, int, str], Outcome]]:
        """Spread messages over addresses, recipients and outcomes."""
        number = max(1, min(len(stream.addresses), round(messages**stream.spread)))
        addresses = rng.sample(stream.addresses, number)
        weights = [rng.paretovariate(1.4) for _ in addresses]
        for address, at_address in zip(addresses, split(messages, weights, rng), strict=True):
            shares = split(at_address, [outcome.share for outcome in outcomes], rng)
            for outcome, share in zip(outcomes, shares, strict=True):
                yield from ((cell, outcome) for cell in _cells(address, share, reporter, rng))


def _cells(address: str, messages: int, reporter: Reporter, rng: random.Random) -> Iterator[tuple[str, int, str]]:
    """Source IP, messages, recipient domain: one cell per row that this reporter writes."""
    recipients = reporter.recipients or ("",)
    weights = (6, 3)[: len(recipients)] if messages >= FEW else (1,)
    for recipient, part in zip(recipients, split(messages, weights, rng), strict=False):
        if part and reporter.row_per_message:
            yield from [(address, 1, recipient)] * part
        elif part:
            yield address, part, recipient
