"""The diary of the spool: complete lines, in order, whatever was broken off."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ingest.errors import StoreError
from ingest.journal import Delivery, Journal, Verdict
from ingest.model import Act, Fate, Kind, Origin, RawMail, ReadMail, ReadPayload

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2026, 3, 3, 12)  # noqa: DTZ001 - naive UTC
BY_IMAP = RawMail(Origin("m", "INBOX", 1, 7), b"x", NOON, None, NOON + timedelta(microseconds=1))
BY_FILE = RawMail(Origin(path="/a/\udce9\n.eml"), b"y", None, "too large", NOON, vouched=True)
ACT = Act(NOON, "anna", "accept", "ab" * 32, "日本語\n")


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "spool")


def test_what_is_written_comes_back_in_order(journal: Journal) -> None:
    journal.deliveries([BY_IMAP, BY_FILE])
    journal.acts([ACT])
    payload = ReadPayload("a.xml", "cd" * 32, 1, Kind.AGGREGATE, Fate.ACCEPTED, trust=3, trust_evidence="{}")
    read = ReadMail(BY_IMAP.origin, BY_IMAP.sha256, 1, NOON, None, None, None, (payload,), ingested_utc=NOON)
    journal.verdicts([read, replace(read, payloads=(replace(payload, trust=None),))])
    assert [entry for _, entry in journal.entries()] == [
        Delivery(BY_IMAP.sha256, replace(BY_IMAP, body=b"")),
        Delivery(BY_FILE.sha256, replace(BY_FILE, body=b"")),
        ACT,
        Verdict(BY_IMAP.sha256, "cd" * 32, NOON, 3, "{}"),
    ]
    assert journal.known_acts() == [ACT]


def test_reading_goes_on_where_it_ended(journal: Journal) -> None:
    journal.deliveries([BY_IMAP])
    ((end, _),) = journal.entries()
    assert end == journal.size()
    journal.acts([ACT])
    assert [entry for _, entry in journal.entries(end)] == [ACT]


def test_a_line_cut_short_by_a_crash_is_skipped_and_the_next_one_is_whole(journal: Journal) -> None:
    journal.deliveries([BY_IMAP, BY_FILE])
    whole = journal.path.read_bytes()
    for cut in range(1, len(whole.splitlines()[1]) + 1):
        journal.path.write_bytes(whole[:-cut])
        assert [type(entry) for _, entry in journal.entries()] == [Delivery]
        journal.acts([ACT])
        assert [entry for _, entry in journal.entries()][-1] == ACT


def test_a_line_of_a_kind_that_this_program_does_not_know_is_skipped(journal: Journal) -> None:
    journal.acts([ACT])
    with journal.path.open("ab") as file:
        file.write(b'{"later": 1}\n[]\nnull\n{"act": {"who": "x"}}\n')
    assert [entry for _, entry in journal.entries()] == [ACT]


def test_nothing_written_is_nothing_there(journal: Journal) -> None:
    journal.acts([])
    assert list(journal.entries()) == []
    assert journal.known_acts() == []
    assert journal.size() == 0
    assert not journal.path.exists()


def test_a_disk_that_refuses_is_an_error_that_says_where(tmp_path: Path) -> None:
    (tmp_path / "spool").write_bytes(b"a file where the folder should be")
    with pytest.raises(StoreError, match=r"journal\.jsonl"):
        Journal(tmp_path / "spool").acts([ACT])
