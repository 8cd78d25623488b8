"""Who else sends under the company's names: forwarders and lists in good faith, spoofers without."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards.demo import networks
from dashboards.demo.nouns import Outcome, Signature, Stream
from dashboards.demo.senders import NEW_KEY, OLD_KEY
from dashboards.demo.story import CAFE, MAIN, NO_SUCH_NAME, PARKED, Span

if TYPE_CHECKING:
    import random

    from dashboards.demo.story import Story

LIST_DOMAIN = "lists.chado-friends.example"


def university(story: Story) -> Stream:
    """Alumni addresses of a university forward to private mailboxes: SPF fails, our signature survives."""
    rotation = story.key_rotation

    def outcomes(selector: str, result: str) -> tuple[Outcome, ...]:
        return (
            Outcome(0.58, (Signature(MAIN, "s1"),), MAIN, "softfail"),
            Outcome(0.25, (Signature(MAIN, "selector1"),), MAIN, "softfail"),
            Outcome(0.17, (Signature(MAIN, selector, result),), MAIN, "softfail"),
        )

    return Stream(
        name="forwarding university",
        header_from=MAIN,
        policy_domain=MAIN,
        addresses=networks.FORWARDERS,
        messages=(70, 160, 75, 150, 80, 45, 40),
        audience="shoppers",
        phases=(
            (story.first_day, outcomes(OLD_KEY, "pass")),
            (rotation.first, outcomes(NEW_KEY, "fail")),
            (rotation.after, outcomes(NEW_KEY, "pass")),
        ),
    )


def mailing_list(story: Story) -> Stream:
    """A tea society's list adds a footer and breaks our signature; it signs for itself."""
    outcomes = (
        Outcome(
            0.94,
            (Signature(MAIN, "selector1", "fail"), Signature(LIST_DOMAIN, "list2024")),
            LIST_DOMAIN,
            "pass",
            from_list=True,
        ),
        Outcome(0.06, (Signature(MAIN, "selector1"), Signature(LIST_DOMAIN, "list2024")), LIST_DOMAIN, "pass"),
    )
    return Stream(
        name="mailing list",
        header_from=MAIN,
        policy_domain=MAIN,
        addresses=networks.LIST_SERVER,
        messages=(95, 110, 90, 105, 80, 50, 60),
        audience="world",
        phases=((story.first_day, outcomes),),
    )


def _spoofed(domain: str) -> tuple[Outcome, ...]:
    return (
        Outcome(0.72, (), domain, "fail"),
        Outcome(0.18, (), "vps-4417.example", "none"),
        Outcome(0.10, (), "bulk-relay-77.example", "pass"),
    )


def _spoof(header_from: str, addresses: tuple[str, ...], messages: tuple[int, ...], span: Span) -> Stream:
    policy_domain = MAIN if header_from == NO_SUCH_NAME else header_from
    return Stream(
        name=f"spoofing of {header_from} since {span.first}",
        header_from=header_from,
        policy_domain=policy_domain,
        addresses=addresses,
        messages=messages,
        audience="world",
        phases=((span.first, _spoofed(header_from)), (span.after, ())),
        spread=0.45,
    )


def spoofers(story: Story, rng: random.Random) -> tuple[Stream, ...]:
    """A constant drizzle, and one week of heavy rain."""
    always, burst = Span(story.first_day, story.last_day), story.spoof_burst
    few = networks.stranger_addresses(1, rng=rng)
    many = networks.stranger_addresses(7, rng=rng)
    return (
        _spoof(MAIN, few, (45, 52, 50, 55, 52, 36, 30), always),
        _spoof(CAFE, few, (8, 9, 9, 10, 9, 6, 5), always),
        _spoof(PARKED, few, (8, 9, 9, 10, 9, 7, 6), always),
        _spoof(MAIN, many, (900, 3400, 5200, 4700, 3100, 1500, 600), burst),
        _spoof(PARKED, many, (150, 700, 1100, 950, 600, 300, 120), burst),
        _spoof(NO_SUCH_NAME, many, (120, 520, 900, 780, 450, 240, 90), burst),
    )


def strangers(story: Story, rng: random.Random) -> tuple[Stream, ...]:
    """Every stream that nobody in the company ordered."""
    return (university(story), mailing_list(story), *spoofers(story, rng))
