"""Opens gzip and zip, member by member, never past a bound."""

from __future__ import annotations

import io
import lzma
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest import sniff

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHUNK_BYTES = 1 << 20
_DOCUMENTS = {sniff.Shape.REPORT, sniff.Shape.JSON_REPORT, sniff.Shape.GZIP, sniff.Shape.ZIP}


@dataclass(frozen=True, slots=True)
class Member:
    """One decompressed member."""

    name: str
    content: bytes
    refused: str | None = None  # why there is no content
    damaged: str | None = None  # why the content may be incomplete


def gzip_members(content: bytes, room: Callable[[], int]) -> Iterator[Member]:
    """The documents in a gzip stream. A member that does not begin one continues the one before (RFC 1952 section 2.2)."""
    document: list[Member] = []
    for piece in _gzip_pieces(content, room()):
        if document and (piece.refused or sniff.shape(piece.content) in _DOCUMENTS):
            yield _joined(document)
            document = []
        document.append(piece)
    if document:
        yield _joined(document)


def _joined(pieces: list[Member]) -> Member:
    if len(pieces) == 1:
        return pieces[0]
    damaged = next((piece.damaged or piece.refused for piece in pieces if piece.damaged or piece.refused), None)
    return Member("", b"".join(piece.content for piece in pieces), damaged=damaged)


def _gzip_pieces(content: bytes, room: int) -> Iterator[Member]:
    rest = content
    while rest[:2] == b"\x1f\x8b":
        stream = zlib.decompressobj(zlib.MAX_WBITS | 16)
        pieces, size, damaged = [], 0, None
        try:
            while rest and not stream.eof:
                piece = stream.decompress(rest, CHUNK_BYTES)
                rest = stream.unconsumed_tail
                size += len(piece)
                if size > room:
                    yield Member("", b"", refused=f"decompresses to more than {room:,} bytes")
                    return
                pieces.append(piece)
        except zlib.error as error:
            damaged = f"gzip stream is damaged: {error}"
        if damaged is None and not stream.eof:
            damaged = "gzip stream ends early"
        room -= size
        if size == 0 and damaged:
            yield Member("", b"", refused=damaged)
        else:
            yield Member("", b"".join(pieces), damaged=damaged)
        rest = stream.unused_data.lstrip(b"\0") if damaged is None else b""


def zip_members(content: bytes, room: Callable[[], int]) -> Iterator[Member]:
    """All files of a zip archive; folders and the junk that some systems add are left out."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, OSError) as error:
        yield Member("", b"", refused=f"zip archive cannot be opened: {error}")
        return
    with archive:
        for info in archive.infolist():
            if not info.is_dir() and not _is_junk(info.filename):
                yield _zip_member(archive, info, room())


def _zip_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, room: int) -> Member:
    if info.flag_bits & 1:
        return Member(info.filename, b"", refused="zip member is encrypted")
    pieces, size = [], 0
    try:
        with archive.open(info) as file:
            while piece := file.read(CHUNK_BYTES):
                size += len(piece)
                if size > room:
                    return Member(info.filename, b"", refused=f"decompresses to more than {room:,} bytes")
                pieces.append(piece)
    except (
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        EOFError,
        OSError,
        NotImplementedError,
        ValueError,
    ) as error:
        damaged = f"zip member is damaged: {error}"
        if not pieces:
            return Member(info.filename, b"", refused=damaged)
        return Member(info.filename, b"".join(pieces), damaged=damaged)
    return Member(info.filename, b"".join(pieces))


def _is_junk(name: str) -> bool:
    base = name.rsplit("/", 1)[-1]
    return name.startswith("__MACOSX/") or base.startswith(".") or base.lower() in {"thumbs.db", "desktop.ini"}
