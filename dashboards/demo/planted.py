"""What the demo holds for a person to find: where to look, and what to see. `docs/demo.md` repeats this table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboards.demo import networks
from dashboards.demo.story import CAFE, MAIN, NO_SUCH_NAME, PARKED, Span

if TYPE_CHECKING:
    from dashboards.demo.story import Story


@dataclass(frozen=True, slots=True)
class Planted:
    """One thing to find."""

    what: str
    weeks: str  # as the documentation says it
    span: Span  # as it is for one `today`
    where: str
    see: str


def planted(story: Story) -> tuple[Planted, ...]:
    """Everything to find, with its dates."""
    return (
        *_hosts(story),
        *_services(story),
        *_others(story),
        *_abuse(story),
        *_breakage(story),
        *_deliveries(story),
    )


def _always(story: Story) -> Span:
    return Span(story.first_day, story.last_day)


def _hosts(story: Story) -> tuple[Planted, ...]:
    always = _always(story)
    return (
        Planted(
            "own mail servers",
            "all",
            always,
            f"Senders, {networks.SAKURA}",
            "two streams from the same servers: the office relay is aligned by SPF and DKIM, the booking system by DKIM only",
        ),
        Planted(
            "Microsoft 365",
            "all",
            always,
            f"Senders, {networks.MICROSOFT}",
            f"{MAIN}, weekdays; everything passes; about 1 in 40 leaves unsigned and passes by SPF alone",
        ),
        Planted(
            "Google Workspace",
            "all",
            always,
            f"Senders, {networks.GOOGLE}",
            f"{CAFE} only; passes both ways",
        ),
    )


def _services(story: Story) -> tuple[Planted, ...]:
    always = _always(story)
    return (
        Planted(
            "web shop and loyalty app",
            "all",
            always,
            f"Senders, {networks.AMAZON}",
            "subdomains of both domains; passes both ways; two signatures on each mail",
        ),
        Planted(
            "newsletter aligned by DKIM only",
            "all",
            always,
            f"Senders, {networks.SENDGRID}",
            "peaks on Tuesday and Thursday; SPF passes and is never aligned; DKIM aligned above 99 %",
        ),
        Planted(
            "newsletter that is not aligned",
            "all",
            always,
            f"Failing, {networks.MAILJET}",
            f"{CAFE}, Fridays; SPF and DKIM pass for the service's own domains, DMARC passes for none",
        ),
    )


def _others(story: Story) -> tuple[Planted, ...]:
    always = _always(story)
    return (
        Planted(
            "forwarding university",
            "all",
            always,
            f"Senders, {networks.UNIVERSITY}",
            "SPF fails, our signature survives, DMARC passes (less so while the key rotation went wrong)",
        ),
        Planted(
            "mailing list",
            "all",
            always,
            f"Failing, {networks.HETZNER}",
            "our signature breaks; some receivers give a reason (mailing_list, or local_policy with arc=pass) and let it through",
        ),
        Planted(
            "parked domain",
            "all",
            always,
            f"Overview, domain {PARKED}",
            "p=reject; only spoofed mail, nothing passes, everything rejected",
        ),
    )


def _abuse(story: Story) -> tuple[Planted, ...]:
    return (
        Planted(
            "policy step from none to quarantine",
            "from Thursday of week 7",
            Span(story.policy_step, story.last_day),
            f"Senders, any source that fails for {MAIN}",
            "disposition none before, quarantine after; Yahoo, kddi.com and mail.ru apply the old policy a day longer",
        ),
        Planted(
            "spoofing burst",
            "week 9",
            story.spoof_burst,
            "Overview, trend; Senders by failing volume",
            f"about 150 addresses of access networks and cheap servers; {MAIN}, {PARKED} and {NO_SUCH_NAME}, which does not exist",
        ),
    )


def _breakage(story: Story) -> tuple[Planted, ...]:
    return (
        Planted(
            "ticket system that breaks",
            "from week 10",
            Span(story.tickets_break, story.last_day),
            f"Failing, {networks.SALESFORCE}",
            "passes above 99 % before; from one day to the next signs with its own domain and passes never",
        ),
        Planted(
            "DKIM key rotation gone wrong",
            "Tuesday to Friday of week 11",
            story.key_rotation,
            f"Overview, trend; Failing, {networks.SAKURA}",
            "selector km2 fails for four days: the relay still passes by SPF, the booking system fails altogether",
        ),
        Planted(
            "new vendor",
            "from Tuesday of week 13",
            story.new_vendor,
            f"Overview, what changed; Senders, {networks.BREVO}",
            f"first seen in the last week, sends as {CAFE}, not aligned",
        ),
    )


def _deliveries(story: Story) -> tuple[Planted, ...]:
    return (
        Planted(
            "accidents of delivery",
            "some days",
            _always(story),
            "Reports",
            "a mail delivered twice and a report mailed twice (duplicate), two reports sent again with more content (superseded), "
            "one gzip cut short (partial), ids used again on the next day (both accepted), advertising and SMTP TLS reports",
        ),
    )
