"""Who sends for the company, and how well it authenticates: own servers and services that somebody ordered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards.demo import networks
from dashboards.demo.nouns import Outcome, Signature, Stream
from dashboards.demo.story import CAFE, LOYALTY, MAIN, SHOP

if TYPE_CHECKING:
    import random
    from datetime import date

    from dashboards.demo.story import Story

OLD_KEY = "km1"
NEW_KEY = "km2"
TICKET_KEY = "sf1"
BOOKING_BOUNCE = "bounce.teahouse-booking.example"  # envelope of the booking system: not ours, so SPF never aligns
SENDGRID_BOUNCE = "em4127.sendgrid.net"
MAILJET_BOUNCE = "bnc3.mailjet.com"
TICKET_BOUNCE = "bounce.support-cloud.example"
SURVEY_BOUNCE = "r.survey-panel.example"


def clean(domain: str, selector: str, spf_domain: str) -> tuple[Outcome, ...]:
    """Signed by `domain`, SPF passes; now and then a signature does not survive or DNS is slow."""
    return (
        Outcome(0.993, (Signature(domain, selector),), spf_domain, "pass"),
        Outcome(0.005, (Signature(domain, selector, "fail"),), spf_domain, "pass"),
        Outcome(0.002, (Signature(domain, selector, "temperror"),), spf_domain, "temperror"),
    )


def _own_phases(story: Story, spf_domain: str) -> tuple[tuple[date, tuple[Outcome, ...]], ...]:
    """The old key, four days of a key that is not in DNS, the new key."""
    broken = (Outcome(1.0, (Signature(MAIN, NEW_KEY, "fail"),), spf_domain, "pass"),)
    return (
        (story.first_day, clean(MAIN, OLD_KEY, spf_domain)),
        (story.key_rotation.first, broken),
        (story.key_rotation.after, clean(MAIN, NEW_KEY, spf_domain)),
    )


def own_servers(story: Story) -> tuple[Stream, ...]:
    """Mail servers in a Japanese data centre: relay of the offices, and the booking system of the tea houses."""
    relay = Stream(
        name="own servers, relay",
        header_from=MAIN,
        policy_domain=MAIN,
        addresses=networks.OWN_SERVERS,
        messages=(2600, 2500, 2500, 2550, 2700, 900, 700),
        audience="business",
        phases=_own_phases(story, MAIN),
        month_end=2.6,
    )
    booking = Stream(
        name="own servers, booking system",
        header_from=MAIN,
        policy_domain=MAIN,
        addresses=networks.OWN_SERVERS[:2],
        messages=(3300, 3200, 3400, 3700, 4600, 5600, 5200),
        audience="shoppers",
        phases=_own_phases(story, BOOKING_BOUNCE),
    )
    return relay, booking


def microsoft_365(story: Story, rng: random.Random) -> Stream:
    """Everybody's mailbox."""
    outcomes = (
        Outcome(0.97, (Signature(MAIN, "selector1"),), MAIN, "pass"),
        Outcome(0.024, (), MAIN, "pass"),  # calendar replies and notices leave unsigned
        Outcome(0.006, (Signature(MAIN, "selector1", "fail"),), MAIN, "pass"),
    )
    return Stream(
        name="Microsoft 365",
        header_from=MAIN,
        policy_domain=MAIN,
        addresses=networks.service_addresses(networks.MICROSOFT, rng=rng),
        messages=(4300, 4200, 4150, 4200, 3900, 420, 350),
        audience="business",
        phases=((story.first_day, outcomes),),
    )


def google_workspace(story: Story, rng: random.Random) -> Stream:
    """Mailboxes of the cafés abroad."""
    return Stream(
        name="Google Workspace",
        header_from=CAFE,
        policy_domain=CAFE,
        addresses=networks.service_addresses(networks.GOOGLE, rng=rng),
        messages=(2400, 2350, 2400, 2450, 2600, 1700, 1500),
        audience="business",
        phases=((story.first_day, clean(CAFE, "google", CAFE)),),
    )


def web_shop(story: Story, rng: random.Random) -> tuple[Stream, ...]:
    """Order confirmations and the loyalty app, both through Amazon SES and set up well."""
    addresses = networks.service_addresses(networks.AMAZON, rng=rng)

    def stream(name: str, header_from: str, policy_domain: str, messages: tuple[int, ...]) -> Stream:
        selector = "hx2f7kq4w5m3" if policy_domain == MAIN else "q6zt3yb8n1sd"
        outcomes = (
            Outcome(
                0.996,
                (Signature(policy_domain, selector), Signature("amazonses.com", "6gbrjpgwjskckoa6a5zn6fwqkn67xbtw")),
                f"mail.{header_from}",
                "pass",
            ),
            Outcome(0.004, (Signature(policy_domain, selector, "fail"),), f"mail.{header_from}", "pass"),
        )
        return Stream(
            name=name,
            header_from=header_from,
            policy_domain=policy_domain,
            addresses=addresses,
            messages=messages,
            audience="shoppers",
            phases=((story.first_day, outcomes),),
            month_end=1.35,
        )

    return (
        stream("web shop", SHOP, MAIN, (7600, 7300, 7400, 7800, 9200, 11800, 11200)),
        stream("loyalty app", LOYALTY, CAFE, (1800, 1750, 1800, 1950, 2600, 3100, 2900)),
    )


def newsletters(story: Story, rng: random.Random) -> tuple[Stream, ...]:
    """One newsletter service is aligned by DKIM only, the other signs and bounces with its own domains."""
    aligned = (
        Outcome(0.994, (Signature(MAIN, "s1"), Signature("sendgrid.info", "smtpapi")), SENDGRID_BOUNCE, "pass"),
        Outcome(0.006, (Signature(MAIN, "s1", "fail"),), SENDGRID_BOUNCE, "pass"),
    )
    not_aligned = (Outcome(1.0, (Signature("mailjet.com", "mailjet"),), MAILJET_BOUNCE, "pass"),)
    return (
        Stream(
            name="newsletter, DKIM only",
            header_from=MAIN,
            policy_domain=MAIN,
            addresses=networks.service_addresses(networks.SENDGRID, rng=rng),
            messages=(250, 34000, 1100, 31000, 900, 200, 200),
            audience="shoppers",
            phases=((story.first_day, aligned),),
        ),
        Stream(
            name="newsletter, not aligned",
            header_from=CAFE,
            policy_domain=CAFE,
            addresses=networks.service_addresses(networks.MAILJET, rng=rng),
            messages=(60, 40, 40, 60, 6400, 350, 120),
            audience="shoppers",
            phases=((story.first_day, not_aligned),),
        ),
    )


def ticket_system(story: Story, rng: random.Random) -> Stream:
    """Customer service: signed with our key, until a change there makes it sign with its own."""
    before = (
        Outcome(0.995, (Signature(MAIN, TICKET_KEY),), TICKET_BOUNCE, "pass"),
        Outcome(0.005, (Signature(MAIN, TICKET_KEY, "fail"),), TICKET_BOUNCE, "pass"),
    )
    after = (
        Outcome(0.82, (Signature("support-cloud.example", "mta7"),), TICKET_BOUNCE, "pass"),
        Outcome(
            0.18,
            (Signature(MAIN, TICKET_KEY, "fail"), Signature("support-cloud.example", "mta7")),
            TICKET_BOUNCE,
            "pass",
        ),
    )
    return Stream(
        name="ticket system",
        header_from=MAIN,
        policy_domain=MAIN,
        addresses=networks.service_addresses(networks.SALESFORCE, rng=rng),
        messages=(1350, 1250, 1200, 1200, 1150, 620, 560),
        audience="shoppers",
        phases=((story.first_day, before), (story.tickets_break, after)),
    )


def new_vendor(story: Story, rng: random.Random) -> Stream:
    """A survey tool that somebody in a café ordered last week."""
    outcomes = (Outcome(1.0, (Signature("survey-panel.example", "mail"),), SURVEY_BOUNCE, "pass"),)
    return Stream(
        name="survey tool",
        header_from=CAFE,
        policy_domain=CAFE,
        addresses=networks.service_addresses(networks.BREVO, rng=rng),
        messages=(0, 700, 900, 850, 800, 150, 120),
        audience="shoppers",
        phases=((story.new_vendor.first, outcomes),),
    )


def senders(story: Story, rng: random.Random) -> tuple[Stream, ...]:
    """Every stream that the company or somebody in it wanted."""
    return (
        *own_servers(story),
        microsoft_365(story, rng),
        google_workspace(story, rng),
        *web_shop(story, rng),
        *newsletters(story, rng),
        ticket_system(story, rng),
        new_vendor(story, rng),
    )
