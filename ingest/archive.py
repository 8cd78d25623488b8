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
INPUT_BYTES = 1 << 16
MAX_PIECES = 5_000  # of one gzip stream
MAX_ENTRIES = 65_535  # of one zip directory, folders and junk included
_DOCUMENTS = {sniff.Shape.REPORT, sniff.Shape.JSON_REPORT, sniff.Shape.GZIP, sniff.Shape.ZIP}


@dataclass(frozen=True, slots=True)
class Member:
    """One decompressed member."""

    name: str
    content: bytes
    refused: str | None = None  # why there is no content
    damaged: str | None = None  # why the content may be incomplete
    spent: int = 0  # bytes decompressed in vain


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
    position, number = 0, 0
    while content[position : position + 2] == b"\x1f\x8b":
        number += 1
        if number > MAX_PIECES:
            yield Member("", b"", refused=f"more than {MAX_PIECES:,} gzip members")
            return
        piece, position = _gzip_piece(content, position, room)
        yield piece
        if piece.refused or piece.damaged:
            return
        room -= len(piece.content)


def _gzip_piece(content: bytes, start: int, room: int) -> tuple[Member, int]:
    """One gzip member, and where the next one begins."""
    stream = zlib.decompressobj(zlib.MAX_WBITS | 16)
    grown, position, rest, damaged = (
        io.BytesIO(),
        start,
        b"",
        "gzip stream ends early",
    )  # joining pieces would need the room twice
    try:
        while not stream.eof and (rest or position < len(content)):
            if not rest:
                rest = content[position : position + INPUT_BYTES]
                position += len(rest)
            grown.write(stream.decompress(rest, CHUNK_BYTES))
            rest = stream.unconsumed_tail
            if grown.tell() > room:
                return Member(
                    "", b"", refused=f"decompresses to more than {room:,} bytes", spent=grown.tell()
                ), position
    except zlib.error as error:
        damaged = f"gzip stream is damaged: {error}"
    if stream.eof:
        position -= len(stream.unused_data)
        while content[position : position + 1] == b"\0":  # padding
            position += 1
        return Member("", grown.getvalue()), position
    if grown.tell() == 0:
        return Member("", b"", refused=damaged), position
    return Member("", grown.getvalue(), damaged=damaged), position


def zip_members(content: bytes, room: Callable[[], int]) -> Iterator[Member]:
    """All files of a zip archive; folders and the junk that some systems add are left out."""
    if content.count(b"PK\x01\x02") > MAX_ENTRIES:
        yield Member("", b"", refused=f"more than {MAX_ENTRIES:,} entries in a zip archive")
        return
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, OSError) as error:
        yield Member("", b"", refused=f"zip archive cannot be opened: {error}")
        return
    with archive:
        for info in archive.infolist():
            if not info.filename.endswith("/") and not _is_junk(info.filename):
                yield _zip_member(archive, info, room())


def _zip_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, room: int) -> Member:
    if info.flag_bits & 1:
        return Member(info.filename, b"", refused="zip member is encrypted")
    grown = io.BytesIO()
    try:
        with archive.open(info) as file:
            while piece := file.read(CHUNK_BYTES):
                grown.write(piece)
                if grown.tell() > room:
                    return Member(
                        info.filename, b"", refused=f"decompresses to more than {room:,} bytes", spent=grown.tell()
                    )
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
        if grown.tell() == 0:
            return Member(info.filename, b"", refused=damaged)
        return Member(info.filename, grown.getvalue(), damaged=damaged)
    return Member(info.filename, grown.getvalue())


def _is_junk(name: str) -> bool:
    base = name.rsplit("/", 1)[-1]
    return name.startswith("__MACOSX/") or base.startswith(".") or base.lower() in {"thumbs.db", "desktop.ini"}
