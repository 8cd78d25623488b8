"""Whole mailboxes: the demo's, public mails, and the spool of a poll with a forged report in it."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from dashboards.demo.company import mails
from dashboards.demo.report_mail import OWN_MX
from ingest.model import Fate, Origin, RawMail, ReadMail, ReadPayload
from ingest.reading import read
from ingest.settings import Limits, TrustSettings
from ingest.store.connect import Database
from ingest.store.write import DuckStore
from ingest.trust.judge import TrustJudge
from tests.fakes.signed_mail import Letter, delivered, passed

CORPUS = Path(__file__).resolve().parents[4] / "shared" / "corpus"
NOW = datetime(2026, 11, 24)  # noqa: DTZ001 - naive UTC
FORGED = {
    "msusta+dmarc-lens/test_email_complex.eml",
    "dmarcguardhq+dmarcguard/contrib/dovecot/seed/dmarc-report.eml",
}  # written by hand, unsigned


def judged(judge: TrustJudge, body: bytes, **raw: Any) -> ReadMail:
    mail = RawMail(Origin(path="x"), body, **raw)
    return judge(mail, read(mail, Limits()))


@pytest.mark.parametrize(
    "settings", [TrustSettings(verify_dkim=False), TrustSettings(authserv_ids=(OWN_MX,))], ids=["unverified", "ours"]
)
def test_the_demo_holds_nothing_forged(settings: TrustSettings) -> None:
    judge = TrustJudge(settings, quarantine=True)
    found: list[ReadPayload] = []
    for mail in list(mails(date(2026, 11, 23)))[:400]:
        found += judged(judge, mail.body, received_utc=mail.received_utc, ingested_utc=mail.received_utc).payloads
    levels = [one.trust for one in found if one.report]
    assert Fate.QUARANTINED not in {one.fate for one in found}
    assert set(levels) == ({2, 3} if settings.authserv_ids else {1})
    assert not settings.authserv_ids or levels.count(3) > len(levels) / 2


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS.is_dir(), reason="the shared corpus is not here")
def test_of_the_public_mails_only_the_invented_ones_are_forged() -> None:
    judge = TrustJudge(TrustSettings(nameservers=("127.0.0.1",), timeout_s=0.1), quarantine=True)
    forged, reports = set(), 0
    for path in sorted((CORPUS / "files").rglob("*")):
        if path.suffix in {".eml", ".txt"} and path.is_file():
            for one in judged(judge, path.read_bytes(), ingested_utc=NOW).payloads:
                reports += one.report is not None
                if one.trust == 0:
                    forged.add(path.relative_to(CORPUS / "files").as_posix())
    assert reports >= 15
    assert forged == FORGED


def test_a_forged_report_changes_no_number_and_is_listed(tmp_path: Path) -> None:
    judge = TrustJudge(TrustSettings(authserv_ids=("mx.example.com",), verify_dkim=False), quarantine=True)
    honest = delivered(Letter(count="10").body(), passed())
    forged = delivered(
        Letter(
            sender="x@attacker.example",
            count="99999",
            subject="Report domain: example.com Submitter: google.com Report-ID: r-1",
        ).body(),
        passed("attacker.example"),
    )
    database = Database(tmp_path / "w.duckdb")
    store = DuckStore(database, parser="t")
    for number, body in enumerate((honest, forged)):
        mail = RawMail(Origin(path=str(number)), body, ingested_utc=NOW)
        store.add([judge(mail, read(mail, Limits()))])
    assert int(database.frame("SELECT sum(messages) AS n FROM v_record")["n"][0]) == 10
    listed = database.frame("SELECT fate, reason FROM v_payload WHERE fate = 'quarantined'")
    assert list(listed["reason"]) == [
        "forged: the report says it is from google.com, but the mail comes from attacker.example, which google.com does not use"
    ]


def test_a_forged_report_that_comes_first_does_not_keep_the_real_one_out(tmp_path: Path) -> None:
    judge = TrustJudge(TrustSettings(authserv_ids=("mx.example.com",), verify_dkim=False), quarantine=True)
    database = Database(tmp_path / "w.duckdb")
    store = DuckStore(database, parser="t")
    for number, (sender, proof) in enumerate(
        (("x@attacker.example", ""), ("noreply-dmarc-support@google.com", passed()))
    ):
        mail = RawMail(Origin(path=str(number)), delivered(Letter(sender=sender).body(), proof), ingested_utc=NOW)
        store.add([judge(mail, read(mail, Limits()))])
    assert int(database.frame("SELECT coalesce(sum(messages), 0) AS n FROM v_record")["n"][0]) == 10


def test_evidence_is_plain_json_whatever_the_report_says() -> None:
    judge = TrustJudge(TrustSettings(verify_dkim=False), quarantine=True)
    (one,) = judged(
        judge, Letter(sender="a@x.example", org_name="&#27;[31m\u202eevil" + "x" * 5_000, email=None).body()
    ).payloads
    assert one.trust_evidence is not None
    assert one.trust_evidence.isascii()
    assert len(one.trust_evidence) < 2_500
    assert json.loads(one.trust_evidence)["level"] == 1
