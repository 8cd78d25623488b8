"""The generator: same input, same bytes; every mail is what it says it is."""

from __future__ import annotations

import email
import gzip
import hashlib
import io
import os
import random
import subprocess
import sys
import zipfile
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from email import policy
from email.message import EmailMessage
from ipaddress import ip_address, ip_network
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from dashboards.demo import networks, write
from dashboards.demo.company import SEED, mails, streams
from dashboards.demo.nouns import DemoMail, Expected, Planned
from dashboards.demo.planted import planted
from dashboards.demo.story import DOMAINS, WEEKS, Story
from ingest.enrich import LocalEnricher

TODAY = date(2026, 11, 24)
DOCS = Path(__file__).parents[3] / "docs" / "demo.md"
DIGEST = """
import hashlib
from datetime import date
from dashboards.demo.company import mails
digest = hashlib.sha256()
for mail in mails(date(2026, 11, 24)):
    digest.update(mail.received_utc.isoformat().encode() + mail.body)
print(digest.hexdigest())
"""


@pytest.fixture(scope="module")
def found() -> list[DemoMail]:
    return list(mails(TODAY))


def _digest(found: list[DemoMail]) -> str:
    digest = hashlib.sha256()
    for mail in found:
        digest.update(mail.received_utc.isoformat().encode() + mail.body)
    return digest.hexdigest()


@pytest.mark.parametrize(("zone", "hash_seed"), [("Asia/Tokyo", "1"), ("America/New_York", "2")])
def test_the_bytes_depend_on_day_and_seed_only(found: list[DemoMail], zone: str, hash_seed: str) -> None:
    environment = {**os.environ, "TZ": zone, "PYTHONHASHSEED": hash_seed}
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", DIGEST], env=environment, cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == _digest(found)


def test_another_seed_gives_other_numbers(found: list[DemoMail]) -> None:
    assert _digest(list(mails(TODAY, seed=SEED + 1))) != _digest(found)


def test_the_global_random_generator_is_left_alone() -> None:
    before = random.getstate()
    next(iter(mails(TODAY)))
    assert random.getstate() == before


def _parsed(mail: DemoMail) -> EmailMessage:
    message = email.message_from_bytes(mail.body, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def _xml(message: EmailMessage) -> bytes:
    part = next(part for part in message.walk() if part.get_filename())
    content = part.get_content()
    name = str(part.get_filename())
    if isinstance(content, str):
        return content.encode()
    assert isinstance(content, bytes)
    if name.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return archive.read(archive.namelist()[0])
    return gzip.decompress(content) if name.endswith(".gz") else content


def _local(root: ET.Element, name: str) -> list[ET.Element]:
    return [node for node in root.iter() if node.tag.rpartition("}")[2] == name]


def test_every_mail_is_a_proper_mail(found: list[DemoMail]) -> None:
    for mail in found:
        message = _parsed(mail)
        assert not any(part.defects for part in message.walk())
        assert all(message[name] for name in ("Date", "From", "To", "Subject", "Message-ID", "Received"))
        assert "dmarc=pass" in str(message["Authentication-Results"])
        assert max(map(len, mail.body.split(b"\r\n"))) <= 998
        assert b"\n" not in mail.body.replace(b"\r\n", b"")


def test_every_report_says_what_was_planned(found: list[DemoMail]) -> None:
    for mail in found:
        if mail.planned is None or mail.expected is Expected.UNREADABLE:
            continue
        root = ET.fromstring(_xml(_parsed(mail)))  # noqa: S314 - our own bytes
        assert [node.text for node in _local(root, "report_id")] == [mail.planned.report_id]
        counts = [int(str(node.text)) for node in _local(root, "count")]
        assert (len(counts), sum(counts)) == (mail.planned.records, mail.planned.messages)
        assert min(counts) >= 1


def test_the_mailbox_has_a_believable_size(found: list[DemoMail]) -> None:
    reports = _accepted(found)
    weekly: Counter[int] = Counter()
    for report in reports:
        weekly[(report.day - Story(TODAY).first_day).days // 7] += report.messages
    assert 2500 <= len(found) <= 4000
    assert sum(report.records for report in reports) <= 42_000
    assert len(weekly) == WEEKS
    assert all(150_000 <= messages <= 400_000 for messages in weekly.values())
    assert Counter(mail.expected for mail in found) == {
        Expected.ACCEPTED: len(reports),
        Expected.NO_REPORT: 6,
        Expected.DUPLICATE: 2,
        Expected.SUPERSEDED: 2,
        Expected.UNREADABLE: 1,
    }


def _accepted(found: list[DemoMail]) -> list[Planned]:
    return [mail.planned for mail in found if mail.expected is Expected.ACCEPTED and mail.planned is not None]


@pytest.mark.parametrize("weekday", range(7))
def test_the_weeks_are_full_and_over(weekday: int) -> None:
    today = date(2026, 11, 23) + timedelta(days=weekday)
    story = Story(today)
    assert story.first_day.weekday() == 0
    assert len(story.days) == 7 * WEEKS
    assert story.last_day == story.days[-1] == date(2026, 11, 22)


def test_no_mail_comes_from_the_future() -> None:
    monday = date(2026, 11, 23)
    morning = datetime.combine(monday, time(6), UTC).replace(tzinfo=None)
    found = list(mails(monday))
    assert max(mail.received_utc for mail in found) <= morning
    assert [mail.received_utc for mail in found] == sorted(mail.received_utc for mail in found)


def test_every_address_belongs_to_the_network_it_stands_for() -> None:
    expected = {ip_network(block.network): block.service for block, _ in networks.SERVICE_BLOCKS}
    expected |= {ip_network(block.network): block.service for block in networks.STRANGERS}
    known = dict.fromkeys(networks.OWN_SERVERS, networks.SAKURA)
    known |= dict.fromkeys(networks.FORWARDERS, networks.UNIVERSITY)
    known |= dict.fromkeys(networks.LIST_SERVER, networks.HETZNER)
    addresses = sorted({address for stream in streams(Story(TODAY)) for address in stream.addresses})
    for address in addresses:
        if address not in known:
            known[address] = next(service for network, service in expected.items() if ip_address(address) in network)
    services = {source.source_ip: source.service for source in LocalEnricher().look_up(addresses)}
    assert services == known
    assert set(known.values()) >= set(expected.values())


def test_the_documentation_lists_what_is_planted() -> None:
    text = DOCS.read_text(encoding="utf-8")
    for thing in planted(Story(TODAY)):
        assert f"| {thing.what} | {thing.weeks} | {thing.where} | {thing.see} |" in text
    assert all(domain in text for domain in DOMAINS)


def test_the_mails_can_be_written_to_a_folder(tmp_path: Path, found: list[DemoMail]) -> None:
    number = write.write(tmp_path / "eml", TODAY)
    files = sorted((tmp_path / "eml").iterdir())
    assert number == len(files) == len(found)
    assert files[0].read_bytes() == found[0].body
