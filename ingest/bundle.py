"""The archive of a backup: what may be in it, and whether it is all there and undamaged."""

from __future__ import annotations

import hashlib
import json
import re
import tarfile
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from ingest.errors import SettingsError, StoreError
from ingest.journal import NAME as JOURNAL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FORMAT = 1
MANIFEST, DATABASE, SPOOL = "manifest.json", "database.duckdb", "spool"
_RAW = re.compile(rf"{SPOOL}/([0-9a-f]{{2}})/(\1[0-9a-f]{{62}})\.gz")
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive says about itself."""

    version: str  # of the program that wrote it
    mails: int  # raw mails
    database_sha256: str
    fingerprints: dict[str, str]

    def content(self) -> bytes:
        """As it stands in the archive."""
        said = {"format": FORMAT, **{name: getattr(self, name) for name in self.__slots__}}
        return json.dumps(said, indent=2, sort_keys=True).encode()


def add(archive: tarfile.TarFile, name: str, content: IO[bytes], size: int) -> None:
    """The first `size` bytes of `content` are in the archive."""
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    archive.addfile(member, content)


def verified(path: Path, *, into: Path | None = None) -> Manifest:
    """Everything in the archive is whole, and nothing is missing; with `into`, it is written there.

    Only plain files with the names of a backup are taken, so nothing can be written elsewhere.

    Raises:
        SettingsError: it is not a backup, or one of a newer program.
        StoreError: something in it is damaged or missing, or the disk refused.
    """
    try:
        with tarfile.open(path, "r:*") as archive:
            return _verified(path, _members(archive), into)
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise StoreError(f"{path}: damaged, or not a backup: {error}", hint="use another backup") from error
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror or error}", hint="use another backup, or make room") from error


def _members(archive: tarfile.TarFile) -> Iterator[tuple[str, IO[bytes]]]:
    for member in archive:
        name = member.name
        known = name in {MANIFEST, DATABASE, f"{SPOOL}/{JOURNAL}"} or _RAW.fullmatch(name)
        content = archive.extractfile(member) if member.isreg() and known else None
        if content is None:
            raise SettingsError(f"{name!r} does not belong into a backup", hint="was it made by `whosends backup`?")
        yield name, content


def _verified(path: Path, members: Iterator[tuple[str, IO[bytes]]], into: Path | None) -> Manifest:
    manifest = _manifest(path, next(members, None))
    digests = {name: _taken(name, content, into) for name, content in members}
    raw = [name for name in digests if _RAW.fullmatch(name)]
    for name in raw:
        if not name.endswith(f"/{digests[name]}.gz"):
            raise StoreError(f"{path}: {name} is damaged", hint="use another backup")
    if digests.get(DATABASE) != manifest.database_sha256 or len(raw) != manifest.mails:
        raise StoreError(f"{path}: something is damaged or missing in it", hint="use another backup")
    return manifest


def _manifest(path: Path, first: tuple[str, IO[bytes]] | None) -> Manifest:
    try:
        said: dict[str, Any] = json.load(first[1]) if first is not None and first[0] == MANIFEST else {}
        if said.pop("format", None) == FORMAT:
            return Manifest(**said)
    except (ValueError, TypeError, AttributeError):
        pass
    raise SettingsError(f"{path}: not a backup that this program knows", hint="was it made by a newer whosends?")


def _taken(name: str, content: IO[bytes], into: Path | None) -> str:
    """Written, when there is a place for it; returns the sha256, of a raw mail that of its uncompressed bytes."""
    digest = hashlib.sha256()
    out = None
    if into is not None:
        (into / name).parent.mkdir(parents=True, exist_ok=True)
        out = (into / name).open("xb")
    inflate = zlib.decompressobj(wbits=31) if _RAW.fullmatch(name) else None
    try:
        while piece := content.read(_PIECE):
            if out is not None:
                out.write(piece)
            digest.update(inflate.decompress(piece) if inflate is not None else piece)
    except zlib.error:
        return "damaged"
    finally:
        if out is not None:
            out.close()
    return digest.hexdigest()


def opened(draft: Path, path: Path) -> tarfile.TarFile:
    """A new archive at `draft`, for `path`; compressed when that name ends with "gz". What is big in it is compressed already."""
    if path.name.endswith("gz"):
        return tarfile.open(draft, "w:gz", compresslevel=1)
    return tarfile.open(draft, "w")
