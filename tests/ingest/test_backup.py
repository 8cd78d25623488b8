"""A backup is one state of everything, whole, and comes back equal; nothing is overwritten by accident."""

from __future__ import annotations

import io
import json
import multiprocessing
import tarfile
from typing import TYPE_CHECKING

import pytest

from ingest import custody, wiring
from ingest.errors import SettingsError, StoreError, StoreMissing
from ingest.settings import Settings
from ingest.store.fingerprint import fingerprint
from tests.fakes import kept
from tests.fakes.reports import gz, mail, record, report_bytes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SPAWN = multiprocessing.get_context("spawn")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return kept.copied(tmp_path)


@pytest.fixture
def other(tmp_path: Path) -> Settings:
    """A place where nothing is yet."""
    return Settings(db=tmp_path / "elsewhere" / "w.duckdb")


def prints(settings: Settings) -> dict[str, str]:
    return fingerprint(wiring.database(settings))


@pytest.mark.parametrize("name", ["b.tar", "b.tar.gz"])
def test_a_restored_copy_has_equal_fingerprints_and_is_sound(
    settings: Settings, other: Settings, tmp_path: Path, name: str
) -> None:
    custody.act(settings, "accept", [kept.sha(kept.PARTIAL)], who="anna", why="x")
    done = custody.backup(settings, tmp_path / name)
    assert done.fingerprints == prints(settings)
    assert done.mails == 8
    assert custody.restore(other, tmp_path / name).fingerprints == prints(settings) == prints(other)
    assert custody.examine(other, deep=True) == []
    custody.reparse(other)
    assert prints(other) == prints(settings)


def test_two_backups_of_one_state_are_the_same_bytes(settings: Settings, tmp_path: Path) -> None:
    for name in "ab":
        custody.backup(settings, tmp_path / f"{name}.tar")
    assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes()


def load_many(settings: Settings, folder: Path) -> None:
    for path in sorted(folder.iterdir()):
        wiring.load_paths(settings, [path])


def test_a_backup_taken_while_mails_come_in_is_one_state(settings: Settings, tmp_path: Path) -> None:
    inbox = tmp_path / "many"
    inbox.mkdir()
    for number in range(12):
        body = mail(gz(report_bytes([record("1")], report_id=f"n{number}")), message_id=f"<n{number}@r.example>")
        (inbox / f"{number:02}.eml").write_bytes(body)
    process = SPAWN.Process(target=load_many, args=(settings, inbox))
    process.start()
    taken = 0
    while process.is_alive() or taken == 0:
        taken += 1
        done = custody.backup(settings, tmp_path / f"{taken}.tar")
        place = Settings(db=tmp_path / str(taken) / "w.duckdb")
        custody.restore(place, tmp_path / f"{taken}.tar")
        assert prints(place) == done.fingerprints
        assert not [one for one in custody.examine(place, deep=True) if one.name not in {"spool and ledger", "spool"}]
    process.join()
    assert process.exitcode == 0


def test_what_is_there_is_not_overwritten_but_set_aside_when_forced(settings: Settings, tmp_path: Path) -> None:
    custody.backup(settings, tmp_path / "b.tar")
    before = prints(settings)
    custody.act(settings, "reject", [kept.sha(kept.WHOLE)], who="anna", why="x")
    after = prints(settings)
    with pytest.raises(SettingsError, match="is there already"):
        custody.restore(settings, tmp_path / "b.tar")
    assert prints(settings) == after
    custody.restore(settings, tmp_path / "b.tar", force=True)
    assert prints(settings) == before
    (old,) = tmp_path.glob("kept.duckdb.*.aside")
    (spool,) = tmp_path.glob("kept.spool.*.aside")
    assert (spool / "journal.jsonl").exists()
    assert fingerprint(wiring.database(Settings(db=old))) == after


def repacked(
    source: Path, target: Path, change: Callable[[tarfile.TarInfo, bytes], tuple[tarfile.TarInfo, bytes] | None]
) -> None:
    with tarfile.open(source) as old, tarfile.open(target, "w") as new:
        for member in old:
            content = old.extractfile(member)
            changed = change(member, content.read() if content else b"")
            if changed is not None:
                changed[0].size = len(changed[1])
                new.addfile(changed[0], io.BytesIO(changed[1]))


def refused(other: Settings, path: Path, kind: type[Exception], says: str) -> None:
    with pytest.raises(kind, match=says):
        custody.restore(other, path)
    assert not other.db.exists()
    assert not other.spool.exists()


@pytest.mark.parametrize("where", ["database.duckdb", "spool/"])
def test_a_damaged_archive_is_refused_and_nothing_is_restored(
    settings: Settings, other: Settings, tmp_path: Path, where: str
) -> None:
    custody.backup(settings, tmp_path / "b.tar")

    def flip(member: tarfile.TarInfo, content: bytes) -> tuple[tarfile.TarInfo, bytes]:
        hit = member.name.startswith(where) and not member.name.endswith("jsonl")
        return member, content[:-1] + bytes([content[-1] ^ 1]) if hit else content

    repacked(tmp_path / "b.tar", tmp_path / "bad.tar", flip)
    refused(other, tmp_path / "bad.tar", StoreError, "damaged")


def test_an_archive_without_one_of_its_mails_is_refused(settings: Settings, other: Settings, tmp_path: Path) -> None:
    custody.backup(settings, tmp_path / "b.tar")
    with tarfile.open(tmp_path / "b.tar") as archive:
        last = archive.getnames()[-1]
    repacked(tmp_path / "b.tar", tmp_path / "bad.tar", lambda m, c: None if m.name == last else (m, c))
    refused(other, tmp_path / "bad.tar", StoreError, "damaged or missing")


def test_an_archive_cut_short_is_refused(settings: Settings, other: Settings, tmp_path: Path) -> None:
    custody.backup(settings, tmp_path / "b.tar.gz")
    (tmp_path / "bad.tar.gz").write_bytes((tmp_path / "b.tar.gz").read_bytes()[:-2000])
    refused(other, tmp_path / "bad.tar.gz", StoreError, "damaged")


@pytest.mark.parametrize("name", ["../evil", "/tmp/evil", "spool/../../evil", "spool/ab/../../../evil.gz", "spool/x"])
def test_nothing_is_written_outside(settings: Settings, other: Settings, tmp_path: Path, name: str) -> None:
    custody.backup(settings, tmp_path / "b.tar")
    with tarfile.open(tmp_path / "b.tar", "a") as archive:
        archive.addfile(tarfile.TarInfo(name), io.BytesIO())
    refused(other, tmp_path / "b.tar", SettingsError, "does not belong")


def test_a_link_in_an_archive_is_refused(settings: Settings, other: Settings, tmp_path: Path) -> None:
    custody.backup(settings, tmp_path / "b.tar")

    def linked(member: tarfile.TarInfo, content: bytes) -> tuple[tarfile.TarInfo, bytes]:
        if member.name == "spool/journal.jsonl":
            member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
            return member, b""
        return member, content

    repacked(tmp_path / "b.tar", tmp_path / "bad.tar", linked)
    refused(other, tmp_path / "bad.tar", SettingsError, "does not belong")


@pytest.mark.parametrize("said", [{"format": 99}, {"format": 1, "later": 1}, [], "x"])
def test_an_archive_of_another_kind_is_refused(other: Settings, tmp_path: Path, said: object) -> None:
    content = json.dumps(said).encode()
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        member = tarfile.TarInfo("manifest.json")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    refused(other, tmp_path / "x.tar", SettingsError, "not a backup that this program knows")


def test_what_is_no_archive_is_refused(other: Settings, tmp_path: Path) -> None:
    (tmp_path / "x.tar").write_bytes(b"no archive" * 100)
    refused(other, tmp_path / "x.tar", StoreError, "not a backup")
    refused(other, tmp_path / "none.tar", SettingsError, "no such file")


def test_a_damaged_raw_mail_is_found_while_backing_up_and_the_older_archive_stays(
    settings: Settings, tmp_path: Path
) -> None:
    custody.backup(settings, tmp_path / "b.tar")
    before = (tmp_path / "b.tar").read_bytes()
    path = next(settings.spool.glob("??/*.gz"))
    path.write_bytes(gz(b"other bytes"))
    with pytest.raises(StoreError, match="is damaged"):
        custody.backup(settings, tmp_path / "b.tar")
    assert (tmp_path / "b.tar").read_bytes() == before
    assert not list(tmp_path.glob(".b.tar*"))
    assert not list(tmp_path.glob("b.tar.copy*"))


def test_without_a_database_there_is_nothing_to_back_up(other: Settings, tmp_path: Path) -> None:
    with pytest.raises(StoreMissing):
        custody.backup(other, tmp_path / "b.tar")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_refuses_is_an_error_that_says_where(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"nowhere"):
        custody.backup(settings, tmp_path / "nowhere" / "b.tar")
