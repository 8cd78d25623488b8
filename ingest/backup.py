"""Database and spool as one archive, taken while others read and write, and back."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest import bundle
from ingest.disk import sync
from ingest.errors import SettingsError, StoreError
from ingest.journal import NAME as JOURNAL
from ingest.store import exchange, gate
from ingest.store.connect import Database
from ingest.store.fingerprint import fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ingest.spool import DiskSpool

    Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class Backup:
    """An archive that was written, or restored, and verified."""

    path: Path
    mails: int  # raw mails in it
    size_bytes: int
    fingerprints: dict[str, str]  # of the database: see `ingest.store.fingerprint`


def write(database: Database, spool: DiskSpool, path: Path, *, version: str, progress: Progress) -> Backup:
    """`path` is a tar archive of one committed state of the database, and of the spool.

    A poll may go on meanwhile; it waits only while the database file is copied. The archive stands under its name only when it was read
    back and every byte of it was found right.

    Raises:
        StoreMissing: there is no database.
        StoreError: a disk refused, or something in the spool is damaged; an older archive of that name is as it was.
    """
    with database.read():
        pass  # there is one, and it can be read
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with exchange.beside(path, "copy") as copied:
            exchange.copy(database.path, copied)
            if problem := exchange.problem(copied):
                raise StoreError(f"{database.path}: {problem}", hint="run `whosends doctor`")
            manifest = _packed(copied, spool, draft, path, version=version, progress=progress)
        bundle.verified(draft)
        sync(draft)
        draft.replace(path)
        sync(path.absolute().parent)
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}", hint="is the disk full, or the folder read-only?") from error
    finally:
        draft.unlink(missing_ok=True)
    return Backup(path, manifest.mails, path.stat().st_size, manifest.fingerprints)


def _packed(
    copied: Path, spool: DiskSpool, draft: Path, path: Path, *, version: str, progress: Progress
) -> bundle.Manifest:
    """The draft is written. The spool is looked at after the database was copied, so it holds all that the database knows."""
    journal, names = spool.journal.size(), sorted(spool.names())
    with copied.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    manifest = bundle.Manifest(version, len(names), digest, fingerprint(Database(copied)))
    with bundle.opened(draft, path) as archive:
        said = manifest.content()
        bundle.add(archive, bundle.MANIFEST, io.BytesIO(said), len(said))
        files = [(bundle.DATABASE, copied, copied.stat().st_size)]
        if journal:
            files.append((f"{bundle.SPOOL}/{JOURNAL}", spool.journal.path, journal))
        raw = ((f"{name[:2]}/{name}.gz", spool.folder / name[:2] / f"{name}.gz") for name in names)
        files += [(f"{bundle.SPOOL}/{name}", file, file.stat().st_size) for name, file in raw]
        for number, (name, file, size) in enumerate(files, 1):
            with file.open("rb") as content:
                bundle.add(archive, name, content, size)
            progress(number, len(files))
    return manifest


def restore(path: Path, database: Database, spool: DiskSpool, *, force: bool = False) -> Backup:
    """Database and spool are those of the archive; with `force`, what was there has other names, with the time in them.

    Nothing is replaced before everything was unpacked beside it and found right.

    Raises:
        SettingsError: something is there already and `force` is not set; or `path` is not a backup.
        StoreError: the archive is damaged, or the disk refused.
    """
    if not path.is_file():
        raise SettingsError(f"{path}: no such file")
    if not force and (database.path.exists() or spool.folder.exists()):
        raise SettingsError(
            f"{database.path} or its spool is there already", hint="--force sets both aside; stop polling before"
        )
    folder = database.path.with_name(f".{database.path.name}.restore-{os.getpid()}")
    try:
        folder.mkdir(parents=True)
        manifest = bundle.verified(path, into=folder)
        _put(folder, database.path, spool.folder)
    except OSError as error:
        raise StoreError(f"{database.path}: {error.strerror}", hint="is the disk full, or read-only?") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return Backup(path, manifest.mails, path.stat().st_size, manifest.fingerprints)


def _put(folder: Path, database: Path, spool: Path) -> None:
    restored = folder / bundle.SPOOL
    restored.mkdir(exist_ok=True)
    for unpacked in sorted(folder.rglob("*")):
        sync(unpacked)
    with gate.writing(database):
        exchange.set_aside(database)
        exchange.set_aside(spool)
        restored.replace(spool)
        exchange.put(folder / bundle.DATABASE, database)
