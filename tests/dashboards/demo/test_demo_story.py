"""The demo from end to end: polled over IMAP into DuckDB, it holds what was planned, and what is planted shows."""

from __future__ import annotations

import stat
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from analytics.verdict import answers
from analytics.verdict.grouping import By
from analytics.verdict.known import bring_up_to_date
from analytics.verdict.unauthorized import unauthorized
from analytics.window import Window
from dashboards.demo import networks
from dashboards.demo.company import mails
from dashboards.demo.nouns import DemoMail, Expected
from dashboards.demo.run import DemoFolder, prepare
from dashboards.demo.senders import MAILJET_BOUNCE, NEW_KEY, SENDGRID_BOUNCE
from dashboards.demo.story import CAFE, MAIN, NO_SUCH_NAME, PARKED, Span, Story
from ingest import wiring
from ingest.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.poll import Summary
    from ingest.store.connect import Database

TODAY = date(2026, 11, 24)
STORY = Story(TODAY)
ALWAYS = Span(STORY.first_day, STORY.last_day)
SHARES = """
SELECT coalesce(sum(messages), 0)::BIGINT AS messages,
       coalesce(sum(messages) FILTER (dmarc_pass), 0) / sum(messages) AS dmarc,
       coalesce(sum(messages) FILTER (spf_aligned), 0) / sum(messages) AS spf_aligned,
       coalesce(sum(messages) FILTER (dkim_aligned), 0) / sum(messages) AS dkim_aligned,
       coalesce(sum(messages) FILTER (spf_pass), 0) / sum(messages) AS spf,
       coalesce(sum(messages) FILTER (dkim_pass), 0) / sum(messages) AS dkim,
       count(DISTINCT source_ip) AS sources
FROM v_record WHERE day BETWEEN $first AND $last AND """


@dataclass(frozen=True)
class Loaded:
    """The demo after its poll."""

    folder: DemoFolder
    summary: Summary
    database: Database
    mails: list[DemoMail]

    def rows(self, sql: str, **parameters: object) -> list[dict[str, Any]]:
        return [
            {str(key): value for key, value in row.items()}
            for row in self.database.frame(sql, parameters).to_dict("records")
        ]

    def shares(self, where: str, span: Span = ALWAYS, **parameters: object) -> dict[str, Any]:
        return self.rows(SHARES + where, first=span.first, last=span.last, **parameters)[0]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    with prepare(tmp_path_factory.mktemp("demo") / "folder", today=TODAY) as folder:
        summary = wiring.poll(folder.settings)
    bring_up_to_date(wiring.database(folder.settings))
    return Loaded(folder, summary, wiring.database(folder.settings), list(mails(TODAY)))


def test_every_report_is_found_again_with_its_numbers(demo: Loaded) -> None:
    sql = """
    SELECT p.reporter_raw, p.policy_domain, p.report_id, epoch(p.begin_utc)::BIGINT AS b, epoch(p.end_utc)::BIGINT AS e, p.p,
           p.day::DATE::VARCHAR AS day, count(*) AS records, sum(r.messages)::BIGINT AS messages,
           coalesce(sum(r.messages) FILTER (r.dmarc_pass), 0)::BIGINT AS passed
    FROM v_report p JOIN v_record r USING (payload_sha256) WHERE p.fate = 'accepted' GROUP BY ALL
    """
    found = Counter(tuple(row.values()) for row in demo.rows(sql))
    reports = [mail.planned for mail in demo.mails if mail.expected is Expected.ACCEPTED and mail.planned is not None]
    assert found == Counter(
        (r.reporter, r.policy_domain, r.report_id, r.begin, r.end, r.p, str(r.day), r.records, r.messages, r.dmarc_pass)
        for r in reports
    )
    summary = demo.summary
    assert (summary.reports, summary.records) == (len(reports), sum(report.records for report in reports))
    assert summary.messages == sum(report.messages for report in reports)


def test_every_row_is_found_again(demo: Loaded) -> None:
    sql = """
    SELECT source_ip, header_from, coalesce(envelope_to, '') AS envelope_to, replace(disposition, 'pass', 'none') AS disposition,
           dkim_aligned, spf_aligned, sum(messages)::BIGINT AS messages FROM v_record GROUP BY ALL
    """
    found = {tuple(row.values())[:-1]: row["messages"] for row in demo.rows(sql)}
    expected: Counter[tuple[Any, ...]] = Counter()
    for mail in demo.mails:
        for row in mail.planned.rows if mail.planned and mail.expected is Expected.ACCEPTED else ():
            key = (row.source_ip, row.header_from, row.envelope_to, row.disposition, row.dkim_aligned, row.spf_aligned)
            expected[key] += row.messages
    assert found == dict(expected)


def test_every_mail_has_its_fate(demo: Loaded) -> None:
    fates = {row["fate"]: row["n"] for row in demo.rows("SELECT fate, count(*) AS n FROM v_mail GROUP BY fate")}
    expected = Counter(mail.expected for mail in demo.mails)
    assert fates.pop("accepted") == expected[Expected.ACCEPTED]
    assert fates.pop("superseded") == expected[Expected.SUPERSEDED]
    assert fates.pop("duplicate") == expected[Expected.DUPLICATE]
    assert sum(fates.values()) == expected[Expected.UNREADABLE] + expected[Expected.NO_REPORT]
    assert sum(demo.summary.mails.values()) == demo.folder.mails == len(demo.mails)


@pytest.mark.parametrize(
    ("service", "domains"),
    [
        (networks.MICROSOFT, {MAIN}),
        (networks.GOOGLE, {CAFE}),
        (networks.AMAZON, {MAIN, CAFE}),
    ],
)
def test_what_is_set_up_well_passes(demo: Loaded, service: str, domains: set[str]) -> None:
    shares = demo.shares("service = $service", service=service)
    assert shares["dmarc"] > 0.995
    assert shares["spf_aligned"] > 0.995
    assert shares["dkim_aligned"] > 0.96
    found = demo.rows("SELECT DISTINCT policy_domain FROM v_record WHERE service = $service", service=service)
    assert {row["policy_domain"] for row in found} == domains


def test_own_servers_carry_an_aligned_and_a_half_aligned_stream(demo: Loaded) -> None:
    before = Span(STORY.first_day, STORY.week(10).last)
    shares = demo.shares("service = $service", before, service=networks.SAKURA)
    assert shares["dmarc"] > 0.99
    assert shares["dkim_aligned"] > 0.99
    assert 0.2 < shares["spf_aligned"] < 0.6


def test_one_newsletter_is_aligned_by_dkim_only(demo: Loaded) -> None:
    shares = demo.shares("service = $service", service=networks.SENDGRID)
    assert shares["dkim_aligned"] == shares["dmarc"] > 0.99
    assert shares["spf_aligned"] == 0
    evidence = "service = $service AND list_contains([x.domain FOR x IN spf], $bounce)"
    assert demo.shares(evidence, service=networks.SENDGRID, bounce=SENDGRID_BOUNCE)["spf"] == 1


def test_the_other_newsletter_is_not_aligned_at_all(demo: Loaded) -> None:
    shares = demo.shares("service = $service AND policy_domain = $cafe", service=networks.MAILJET, cafe=CAFE)
    assert (shares["dmarc"], shares["spf"], shares["dkim"]) == (0, 1, 1)
    evidence = "service = $service AND list_contains([x.domain FOR x IN spf], $bounce)"
    assert demo.shares(evidence, service=networks.MAILJET, bounce=MAILJET_BOUNCE)["messages"] > 50_000


def test_the_ticket_system_breaks_for_good(demo: Loaded) -> None:
    before = Span(STORY.first_day, STORY.tickets_break - timedelta(days=1))
    assert demo.shares("service = $service", before, service=networks.SALESFORCE)["dmarc"] > 0.99
    after = demo.shares("service = $service", Span(STORY.tickets_break, STORY.last_day), service=networks.SALESFORCE)
    assert after["dmarc"] == 0
    assert after["dkim"] == 1


def test_the_university_breaks_spf_and_keeps_the_signature(demo: Loaded) -> None:
    shares = demo.shares("service = $service", service=networks.UNIVERSITY)
    assert shares["spf"] == 0
    assert shares["dmarc"] == shares["dkim_aligned"] > 0.98
    assert shares["sources"] == len(networks.FORWARDERS)


def test_some_receivers_have_mercy_with_the_mailing_list(demo: Loaded) -> None:
    assert demo.shares("service = $service", service=networks.HETZNER)["dmarc"] < 0.1
    sql = """
    SELECT reporter, reason.type AS type, reason.comment AS comment, bool_and(disposition = 'none') AS spared
    FROM (SELECT reporter, disposition, unnest(reasons) AS reason FROM v_record
          WHERE service = $service AND NOT dmarc_pass AND day > $step)
    WHERE reason.type IS NOT NULL AND reason.type <> '' GROUP BY ALL
    """
    found = {
        row["reporter"]: row
        for row in demo.rows(sql, service=networks.HETZNER, step=STORY.policy_step)
        if row["spared"]
    }
    assert (found["google.com"]["type"], found["google.com"]["comment"]) == ("local_policy", "arc=pass")
    assert found["GMX"]["type"] == found["Northpost"]["type"] == "mailing_list"


def test_the_burst_is_one_week_of_many_addresses(demo: Loaded) -> None:
    spoofed = "header_from = $domain AND NOT dmarc_pass AND service_kind IN ('ISP', 'Web Host') AND len(dkim) = 0"
    for domain in (MAIN, PARKED):
        calm = demo.shares(spoofed, STORY.week(8), domain=domain)
        burst = demo.shares(spoofed, STORY.spoof_burst, domain=domain)
        assert burst["messages"] > 20 * calm["messages"] > 0
        assert burst["sources"] > 100 > calm["sources"]
    names = demo.rows("SELECT DISTINCT day::DATE::VARCHAR AS day FROM v_record WHERE header_from = $n", n=NO_SUCH_NAME)
    days = [date.fromisoformat(row["day"]) for row in names]
    assert days
    assert all(day in STORY.spoof_burst for day in days)


def test_nothing_of_the_parked_domain_passes(demo: Loaded) -> None:
    assert demo.shares("policy_domain = $parked", parked=PARKED)["dmarc"] == 0
    found = demo.rows("SELECT DISTINCT disposition FROM v_record WHERE policy_domain = $parked", parked=PARKED)
    assert [row["disposition"] for row in found] == ["reject"]


def test_the_key_rotation_costs_four_days(demo: Loaded) -> None:
    key = "service = $service AND list_contains([x.selector FOR x IN dkim], $key)"
    span = STORY.key_rotation
    broken = demo.shares(key, span, service=networks.SAKURA, key=NEW_KEY)
    assert broken["dkim_aligned"] == 0
    assert 0.2 < broken["dmarc"] == broken["spf_aligned"] < 0.6
    assert demo.shares(key, Span(span.after, STORY.last_day), service=networks.SAKURA, key=NEW_KEY)["dmarc"] > 0.99
    week = Span(span.first - timedelta(days=7), span.last - timedelta(days=7))
    before, during = (demo.shares("policy_domain = $main", days, main=MAIN)["dmarc"] for days in (week, span))
    assert during < before - 0.05


def test_the_policy_step_arrives_late_at_some(demo: Loaded) -> None:
    sql = "SELECT reporter, p FROM v_report WHERE policy_domain = $main AND day = $day AND fate = 'accepted'"
    step = STORY.policy_step
    before, on, after = (
        {row["reporter"]: row["p"] for row in demo.rows(sql, main=MAIN, day=step + timedelta(days=n))}
        for n in (-1, 0, 1)
    )
    assert set(before.values()) == {"none"}
    assert {reporter for reporter, p in on.items() if p == "none"} == {"Yahoo", "kddi.com", "mail.ru"}
    assert set(after.values()) == {"quarantine"}


def test_the_new_vendor_is_first_seen_in_the_last_week(demo: Loaded) -> None:
    shares = demo.shares("service = $service", STORY.new_vendor, service=networks.BREVO)
    assert shares["messages"] == demo.shares("service = $service", service=networks.BREVO)["messages"] > 1_000
    assert shares["dmarc"] == 0


def test_the_password_is_for_its_owner_only(demo: Loaded) -> None:
    mailbox = demo.folder.settings.mailboxes[0]
    assert mailbox.password_file is not None
    assert stat.S_IMODE(mailbox.password_file.stat().st_mode) == 0o600
    assert mailbox.password() not in demo.folder.config.read_text(encoding="utf-8")


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    config = tmp_path / "whosends.toml"
    config.write_text('database = "mine.duckdb"\n', encoding="utf-8")
    with pytest.raises(SettingsError, match="not written by the demo"), prepare(tmp_path, today=TODAY):
        pass
    assert config.read_text(encoding="utf-8") == 'database = "mine.duckdb"\n'


def test_the_verdicts_find_what_is_planted(demo: Loaded) -> None:
    window = Window(STORY.first_day, STORY.last_day)
    found = answers.verdicts(demo.database, window)
    told = {str(service): lines for service, lines in found.groupby("service")}

    def messages(service: str, verdict: str) -> int:
        return int(told[service].loc[told[service]["verdict"].eq(verdict), "messages"].sum())

    for service, verdict, at_least in (
        (networks.MICROSOFT, "authorized", 0.99),
        (networks.GOOGLE, "authorized", 0.99),
        (networks.AMAZON, "authorized", 0.99),
        (networks.SENDGRID, "authorized", 0.99),
        (networks.MAILJET, "probable_service", 0.99),
        (networks.BREVO, "probable_service", 0.99),
        (networks.UNIVERSITY, "forwarded", 0.95),
        (networks.HETZNER, "mailing_list", 0.9),
        (networks.SALESFORCE, "misconfigured", 0.25),  # since week 10
        (networks.SAKURA, "misconfigured", 0.02),  # four days of a wrong key
    ):
        assert messages(service, verdict) >= at_least * told[service]["messages"].sum(), service
    fine = [networks.MICROSOFT, networks.GOOGLE, networks.AMAZON, networks.SENDGRID]
    ours = [*fine, networks.SAKURA, networks.UNIVERSITY]
    assert [messages(service, "spoofing") for service in ours] == [0] * len(ours)
    strangers = found[found["header_from"].isin([PARKED, NO_SUCH_NAME])]
    spoofed = strangers.loc[strangers["verdict"].eq("spoofing"), "messages"].sum()
    assert spoofed >= 0.95 * strangers["messages"].sum()
    assert found["messages"].sum() == demo.shares("true")["messages"]


def test_the_burst_shows_among_the_unauthorized(demo: Loaded) -> None:
    window = Window(STORY.spoof_burst.first, STORY.spoof_burst.last)
    told = unauthorized(demo.database, window, by=By.NAME)
    assert told.messages > 20 * (told.messages_before or 0) > 0
    assert 130 <= told.lines.set_index("line")["sources"].to_dict()[NO_SUCH_NAME] <= 160
    assert set(told.lines["line"]) >= {MAIN, PARKED, NO_SUCH_NAME}
    assert dict(zip(told.names["header_from"], told.names["why"], strict=True)) == {
        PARKED: "not_a_sender",
        NO_SUCH_NAME: "nothing_passes",
    }
    assert told.names.set_index("header_from")["not_stopped"].to_dict() == {PARKED: 0, NO_SUCH_NAME: 0}
