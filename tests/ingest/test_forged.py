"""A forged report through the whole way in: a real IMAP server, the poller, the database, the ledger."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NoReturn

import dns.resolver
import pytest

from analytics import ledger
from analytics.held import status as status_of
from ingest import wiring
from ingest.settings import Settings, TrustSettings
from tests.fakes.pymap_server import pymap_server
from tests.fakes.reports import gz, report_bytes

if TYPE_CHECKING:
    from pathlib import Path

OURS = "mx.example.com"
NOW = int(time.time())


def google_report(*, count: str, report_id: str, sender: str, dmarc: str) -> bytes:
    """A mail that says it is Google's report, and what our own server found out about it."""
    import base64

    from tests.fakes.reports import record

    day = NOW - NOW % 86_400 - 86_400
    xml = report_bytes(
        [record(count)],
        org_name="google.com",
        email="noreply-dmarc-support@google.com",
        report_id=report_id,
        begin=day,
        end=day + 86_399,
    )
    domain = sender.partition("@")[2]
    head = (
        f"Authentication-Results: {OURS}; dmarc={dmarc} header.from={domain}\r\n"
        f"From: <{sender}>\r\nTo: dmarc@example.com\r\nMIME-Version: 1.0\r\n"
        f"Subject: Report domain: example.com Submitter: google.com Report-ID: {report_id}\r\n"
        f"Message-ID: <{report_id}@{domain}>\r\nContent-Type: application/gzip\r\nContent-Transfer-Encoding: base64\r\n"
        f'Content-Disposition: attachment; filename="google.com!example.com!{day}!{day + 86_399}.xml.gz"\r\n\r\n'
    )
    return head.encode() + base64.encodebytes(gz(xml))


@pytest.mark.parametrize(
    ("sender", "dmarc"),
    [("noreply-dmarc-support@google.com", "fail"), ("noreply-dmarc-support@attacker.example", "pass")],
    ids=["in Google's name", "from a domain of their own"],
)
def test_a_forged_report_changes_no_number_and_stands_in_the_list(tmp_path: Path, sender: str, dmarc: str) -> None:
    genuine = google_report(count="7", report_id="111", sender="noreply-dmarc-support@google.com", dmarc="pass")
    forged = google_report(count="900000", report_id="222", sender=sender, dmarc=dmarc)
    with pymap_server(tmp_path) as account:
        account.deliver([forged, genuine])
        settings = Settings(
            db=tmp_path / "w.duckdb",
            mailboxes=(account.settings(),),
            trust=TrustSettings(authserv_ids=(OURS,), verify_dkim=False),
        )
        wiring.poll(settings)
    database = wiring.database(settings)
    status = status_of(database)
    assert (status.reports, status.messages) == (1, 7)
    assert status.payloads == {"accepted": 1, "quarantined": 1}
    held = ledger.reports(database, ledger.Filters(fate="quarantined")).iloc[0]
    assert held["report_id"] == "222"
    assert "forged" in held["reason"]


def test_nobody_is_asked_about_files_that_a_person_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("DNS was asked")

    monkeypatch.setattr(dns.resolver.Resolver, "resolve", refuse)
    mail = tmp_path / "mail.eml"
    mail.write_bytes(google_report(count="7", report_id="333", sender="noreply-dmarc-support@google.com", dmarc="fail"))
    settings = Settings(db=tmp_path / "w.duckdb")
    assert wiring.load_paths(settings, [mail]).messages == 7
