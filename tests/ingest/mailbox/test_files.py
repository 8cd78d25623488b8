"""What lies on disk: folders, mbox, Maildir, archives of many; nothing is ever changed."""

from __future__ import annotations

import mailbox as stdlib
import os
from datetime import datetime
from pathlib import Path

import pytest

from ingest.errors import SettingsError
from ingest.mailbox.files import FileMailbox
from ingest.model import Fate, RawMail
from ingest.reading import read
from ingest.settings import Limits
from tests.fakes.reports import gz, mail, record, report_bytes, zipped

MAILS = [mail(gz(report_bytes([record(str(n))], report_id=str(n))), message_id=f"<{n}@r.example>") for n in (1, 2, 3)]


def found(*paths: Path) -> list[RawMail]:
    return list(FileMailbox(paths).unseen(lambda *_: set()))


def names(*paths: Path) -> list[str]:
    return [Path(str(mail.origin)).name for mail in found(*paths)]


def messages(mails: list[RawMail]) -> list[int]:
    read_mails = [read(mail, Limits()) for mail in mails]
    payloads = [payload for mail in read_mails for payload in mail.payloads if payload.fate is Fate.ACCEPTED]
    return [payload.report.messages for payload in payloads if payload.report is not None]


def test_a_folder_is_read_to_its_depths_in_the_order_of_names(tmp_path: Path) -> None:
    for name in ("b.eml", "a/2.xml", "a/1.gz", "c", ".hidden", ".git/x"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    assert names(tmp_path) == ["1.gz", "2.xml", "b.eml", "c"]
    assert names(tmp_path / "c", tmp_path / "a") == ["c", "1.gz", "2.xml"]
    assert FileMailbox([tmp_path]).count() == 4


def test_an_empty_folder_holds_nothing(tmp_path: Path) -> None:
    assert (found(tmp_path), FileMailbox([tmp_path]).count()) == ([], 0)


def test_a_path_that_is_not_there_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere: no such file or folder"):
        FileMailbox([tmp_path, tmp_path / "nowhere"])


def test_every_mail_of_an_mbox_comes_out_as_it_went_in(tmp_path: Path) -> None:
    box = stdlib.mbox(tmp_path / "box")
    for number, body in enumerate(MAILS):
        message = stdlib.mboxMessage(body)
        message.set_from(f"reporter@r.example Tue Mar {number + 3:2} 01:02:03 2026")
        box.add(message)
    box.close()
    before = (tmp_path / "box").read_bytes()
    mails = found(tmp_path / "box")
    assert [str(one.origin) for one in mails] == [f"{tmp_path / 'box'}#{n}" for n in (1, 2, 3)]
    assert [one.received_utc for one in mails] == [datetime(2026, 3, day, 1, 2, 3) for day in (3, 4, 5)]  # noqa: DTZ001
    assert messages(mails) == [1, 2, 3]
    assert (tmp_path / "box").read_bytes() == before
    assert list(tmp_path.iterdir()) == [tmp_path / "box"]


def test_a_line_that_begins_with_from_does_not_cut_a_mail(tmp_path: Path) -> None:
    text = b"From r@r.example Tue Mar  3 01:02:03 2026\nSubject: x\n\n>From here on\nwords\n\n"
    (tmp_path / "box").write_bytes(text + text)
    assert len(found(tmp_path / "box")) == 2


def test_a_maildir_is_read_with_its_folders_but_not_what_is_being_delivered(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / ".Archive"):
        for part in ("cur", "new", "tmp"):
            (folder / part).mkdir(parents=True)
    for place, body in zip(("cur/1:2,S", "new/2", ".Archive/cur/3:2,"), MAILS, strict=True):
        (tmp_path / place).write_bytes(body)
    (tmp_path / "tmp" / "4").write_bytes(b"half")
    (tmp_path / "dovecot.index").write_bytes(b"index")
    assert sorted(messages(found(tmp_path))) == [1, 2, 3]
    assert len(found(tmp_path)) == 3


def test_a_zip_of_many_reports_and_mails_is_one_delivery_with_all_of_them(tmp_path: Path) -> None:
    files = {
        "a.xml": report_bytes([record("1")], report_id="a"),
        "b.xml.gz": gz(report_bytes([record("2")], report_id="b")),
    }
    (tmp_path / "many.zip").write_bytes(
        zipped(files | {"c.zip": zipped({"c.xml": report_bytes([record("3")], report_id="c")})})
    )
    mails = found(tmp_path)
    assert len(mails) == 1
    assert messages(mails) == [1, 2, 3]


def test_mails_in_a_zip_are_read(tmp_path: Path) -> None:
    (tmp_path / "mails.zip").write_bytes(zipped({f"{n}.eml": body for n, body in enumerate(MAILS)}))
    assert messages(found(tmp_path)) == [1, 2, 3]


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_an_mbox_in_an_archive_is_read_to_its_end(tmp_path: Path, newline: bytes) -> None:
    line = b"From r@r.example Tue Mar  3 01:02:03 2026\n"
    box = b"".join(line + body + b"\n" for body in MAILS).replace(b"\n", newline)
    (tmp_path / "box.mbox.gz").write_bytes(gz(box))
    assert messages(found(tmp_path)) == [1, 2, 3]


def test_thousands_of_reports_in_one_zip_are_read(tmp_path: Path) -> None:
    files = {f"{n}.xml": report_bytes([record("1")], report_id=str(n)) for n in range(1_000)}
    (tmp_path / "many.zip").write_bytes(zipped(files))
    assert len(messages(found(tmp_path))) == 1_000


def test_a_file_that_cannot_be_read_is_named() -> None:
    unreadable = Path("/proc/self/mem")  # even for root
    with pytest.raises(SettingsError, match=r"/proc/self/mem: Input/output error"):
        found(unreadable)


def test_a_file_that_goes_away_meanwhile_is_named(tmp_path: Path) -> None:
    (tmp_path / "gone.xml").write_bytes(b"x")
    mails = FileMailbox([tmp_path]).unseen(lambda *_: set())
    (tmp_path / "gone.xml").unlink()
    with pytest.raises(SettingsError, match=r"gone\.xml: No such file"):
        list(mails)


def test_a_link_that_leads_nowhere_or_in_circles_does_not_stop_the_rest(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(report_bytes([record("4")]))
    (tmp_path / "dead").symlink_to(tmp_path / "nowhere")
    (tmp_path / "circle").symlink_to(tmp_path)
    assert messages(found(tmp_path)) == [4]


def test_something_that_is_no_file_is_passed_over(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "a.xml").write_bytes(report_bytes([record("4")]))
    assert messages(found(tmp_path)) == [4]


def test_a_name_that_is_not_utf8_is_shown_escaped(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff.xml")).write_bytes(report_bytes())
    (mail_found,) = found(tmp_path)
    assert str(mail_found.origin) == f"{tmp_path}/\\xff.xml"
    assert read(mail_found, Limits()).origin == mail_found.origin


def test_filing_and_closing_leave_the_disk_alone(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(b"x")
    box = FileMailbox([tmp_path])
    box.file([])
    box.close()
    assert (tmp_path / "a.xml").read_bytes() == b"x"
