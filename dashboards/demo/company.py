"""The demo company's report mailbox: thirteen weeks of report mails, the same for the same day and seed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from dashboards.demo.accidents import Accident, accidents, other_mails
from dashboards.demo.habits import midnight
from dashboards.demo.nouns import DemoMail, Expected, Planned, Stream
from dashboards.demo.report_mail import file_name, packed, report_mail
from dashboards.demo.report_xml import report_xml
from dashboards.demo.reporters import REPORTERS
from dashboards.demo.senders import senders
from dashboards.demo.story import DOMAINS, Story
from dashboards.demo.strangers import strangers
from dashboards.demo.traffic import Day, published, rng_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dashboards.demo.habits import Reporter

SEED = 7


def mails(today: date, seed: int = SEED) -> Iterator[DemoMail]:
    """Every mail of the demo mailbox, in the order of arrival.

    Args:
        today: the mailbox ends with the last Sunday before it.
        seed: another seed gives other numbers, the same story.
    """
    company = Company(Story(today), seed)
    found = [*company.report_mails(), *other_mails(company.story, rng_for(seed, "other"))]
    yield from sorted(found, key=lambda mail: (mail.received_utc, mail.body))


def streams(story: Story, seed: int = SEED) -> tuple[Stream, ...]:
    """All mail that claims to be the company, whoever sends it."""
    rng = rng_for(seed, "addresses")
    return (*senders(story, rng), *strangers(story, rng))


@dataclass(frozen=True, slots=True)
class Company:
    """One run of the story with one seed."""

    story: Story
    seed: int

    def report_mails(self) -> Iterator[DemoMail]:
        """The mails with aggregate reports, day by day."""
        mishaps = accidents(self.story)
        everything = streams(self.story, self.seed)
        for day in self.story.days:
            traffic = Day(self.story, everything, day, self.seed)
            for reporter in REPORTERS:
                for domain in DOMAINS:
                    mishap = mishaps.get((reporter.org_name, domain, day))
                    planned = self._planned(traffic, reporter, domain, day, mishap=mishap)
                    if planned.rows:
                        yield from self._sent(planned, reporter, mishap)

    def _planned(self, traffic: Day, reporter: Reporter, domain: str, day: date, *, mishap: Accident | None) -> Planned:
        id_day = day - timedelta(days=1) if mishap is Accident.SAME_ID else day
        begin, end = reporter.window(day, rng_for(self.seed, "window", reporter.org_name, domain, day))
        id_rng = rng_for(self.seed, "id", reporter.org_name, domain, id_day)
        return Planned(
            reporter=reporter.org_name,
            policy_domain=domain,
            report_id=reporter.report_id(domain, end, id_rng),
            day=day,
            begin=begin,
            end=end,
            rows=traffic.rows(reporter, domain),
            p=published(self.story, reporter, domain, day).p,
        )

    def _sent(self, planned: Planned, reporter: Reporter, mishap: Accident | None) -> Iterator[DemoMail]:
        """The mail or mails in which the report arrives."""
        mail = self._mail(planned, reporter, "", 0)
        if mishap is Accident.SENT_AGAIN:
            early = replace(planned, rows=planned.rows[: len(planned.rows) * 2 // 3])
            yield replace(self._mail(early, reporter, "early", 0), expected=Expected.SUPERSEDED)
            yield self._mail(planned, reporter, "", 7)
        elif mishap is Accident.CUT_SHORT:
            yield replace(self._mail(planned, reporter, "", 0, cut=True), expected=Expected.UNREADABLE)
        elif mishap is Accident.DELIVERED_TWICE:
            yield mail
            again = mail.received_utc + timedelta(seconds=2)
            yield replace(mail, received_utc=again, expected=Expected.DUPLICATE)
        elif mishap is Accident.RELAYED_TWICE:
            yield mail
            yield replace(self._mail(planned, reporter, "relay", 1), expected=Expected.DUPLICATE)
        else:
            yield mail

    def _mail(self, planned: Planned, reporter: Reporter, copy: str, later_h: int, *, cut: bool = False) -> DemoMail:
        rng = rng_for(self.seed, "mail", planned.reporter, planned.policy_domain, planned.day, copy)
        received = self._received(planned, reporter, rng.uniform(*reporter.mail.lag_h) + later_h)
        policy = published(self.story, reporter, planned.policy_domain, planned.day)
        xml = report_xml(planned, reporter, policy)
        name, content = packed(xml, file_name(planned, reporter), reporter.mail.packing, planned.end)
        attachment = name, content[: len(content) // 2] if cut else content
        body = report_mail(planned, reporter, attachment, received, rng=rng)
        return DemoMail(received, body, Expected.ACCEPTED, planned)

    def _received(self, planned: Planned, reporter: Reporter, lag_h: float) -> datetime:
        """When it arrives: never later than the morning of `today`."""
        morning = midnight(self.story.today) + 6 * 3600 - len(reporter.org_name + planned.policy_domain)
        return datetime.fromtimestamp(min(planned.end + int(lag_h * 3600), morning), UTC).replace(tzinfo=None)
