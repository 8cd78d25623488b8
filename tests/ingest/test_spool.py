"""Raw deliveries on disk: complete or not there."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest

from ingest.errors import StoreError
from ingest.model import Origin, RawMail
from ingest.spool import DiskSpool
from tests.fakes.reports import gz

if TYPE_CHECKING:
    from pathlib import Path

MAIL = RawMail(Origin(path="x"), b"From: a@b.example\n\nhello\n" * 100)


@pytest.fixture
def spool(tmp_path: Path) -> DiskSpool:
    return DiskSpool(tmp_path / "w.spool")


def files(spool: DiskSpool) -> list[Path]:
    return sorted(path for path in spool.folder.rglob("*.gz*") if path.is_file())


def test_what_is_kept_comes_back(spool: DiskSpool) -> None:
    empty = RawMail(Origin(), b"")
    spool.keep([MAIL, empty])
    assert spool.load(MAIL.sha256) == MAIL.body
    assert spool.load(empty.sha256) == b""


def test_what_was_never_kept_is_none(spool: DiskSpool) -> None:
    assert spool.load("0" * 64) is None


def test_the_same_bytes_are_kept_once_and_leave_no_scraps(spool: DiskSpool) -> None:
    spool.keep([MAIL, MAIL])
    (path,) = files(spool)
    before = path.stat().st_mtime_ns
    spool.keep([RawMail(Origin(path="elsewhere"), MAIL.body)])
    assert files(spool) == [path]
    assert path.stat().st_mtime_ns == before
    assert path.name == f"{MAIL.sha256}.gz"


def test_a_half_written_file_of_a_killed_run_is_not_taken_for_a_mail(spool: DiskSpool) -> None:
    path = spool._path(MAIL.sha256)
    path.parent.mkdir(parents=True)
    path.with_name(f".{path.name}.99").write_bytes(b"half")
    assert spool.load(MAIL.sha256) is None
    spool.keep([MAIL])
    assert spool.load(MAIL.sha256) == MAIL.body


@pytest.mark.parametrize(
    "damage",
    [b"", b"not gzip", gz(b"another mail"), gz(b"x" * 99)[:12] + b"\xff" * 40, None],
    ids=["empty", "no gzip", "another mail", "damaged", "cut"],
)
def test_a_damaged_file_is_an_error_that_says_which(spool: DiskSpool, damage: bytes | None) -> None:
    spool.keep([MAIL])
    (path,) = files(spool)
    path.write_bytes(path.read_bytes()[:-9] if damage is None else damage)
    with pytest.raises(StoreError, match=MAIL.sha256):
        spool.load(MAIL.sha256)


def test_what_could_not_be_finished_leaves_nothing_behind(spool: DiskSpool, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(_paths: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    mails = [RawMail(Origin(path=str(number)), b"%d" % number) for number in range(20)]
    with monkeypatch.context() as patched:
        patched.setattr("ingest.spool.sync_all", no_room)
        with pytest.raises(StoreError, match="No space"):
            spool.keep(mails)
    assert [path for path in spool.folder.rglob("*") if path.is_file()] == []
    spool.keep(mails)
    assert spool.names() == {mail.sha256 for mail in mails}


def test_a_disk_that_refuses_is_an_error_that_says_where(tmp_path: Path) -> None:
    (tmp_path / "w.spool").write_bytes(b"a file where the folder should be")
    with pytest.raises(StoreError, match=r"w\.spool") as caught:
        DiskSpool(tmp_path / "w.spool").keep([MAIL])
    assert "disk full" in caught.value.hint
