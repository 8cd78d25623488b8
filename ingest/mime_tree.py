"""The MIME tree of a mail through the standard library's parser, which by itself knows no bounds."""

from __future__ import annotations

from email.message import Message
from email.parser import BytesFeedParser
from email.policy import Compat32
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from email.policy import Policy

MAX_DEPTH = 20  # the parser tries the boundary of each level on every line
MAX_PARTS = 10_000  # an empty one takes a kilobyte
MAX_LINES = 1_000_000  # 25 MB of base64 are 330,000
MAX_HEADER = 8_000  # characters
MAX_PARAMETERS = 40  # of a header; the parser takes quadratic time for them
READINGS = 4  # of the same bytes: mails in mails are parsed again
SLICE_BYTES = 1 << 16


class TooMuch(Exception):
    """The mail is past a bound; the message says which."""


class Work:
    """What may still be spent on one mail and the mails in it."""

    def __init__(self, size: int) -> None:
        self._bytes_left = READINGS * size + SLICE_BYTES
        self._parts_left = MAX_PARTS

    def parsed(self, body: bytes) -> Message:
        """The tree of `body`.

        Raises:
            TooMuch: it has too many lines, parts or levels.
        """
        self._bytes_left -= len(body)
        if self._bytes_left < 0:
            raise TooMuch("mails in mails, again and again")
        if body.count(b"\n") + body.count(b"\r") - body.count(b"\r\n") > MAX_LINES:
            raise TooMuch(f"more than {MAX_LINES:,} lines")
        parser = BytesFeedParser(self._part, policy=_SHORT)  # type: ignore[arg-type]  # typeshed: a factory without policy
        content = memoryview(body.lstrip(b"\r\n"))
        for start in range(0, len(content), SLICE_BYTES):
            parser.feed(bytes(content[start : start + SLICE_BYTES]))
        return parser.close()

    def _part(self, *, policy: Policy[Message]) -> Message:
        self._parts_left -= 1
        if self._parts_left < 0:
            raise TooMuch(f"more than {MAX_PARTS:,} MIME parts")
        return _Part(policy)


class _Part(Message):
    """A part that knows how deep it stands."""

    depth = 0

    def attach(self, payload: Message) -> None:  # type: ignore[override]
        if isinstance(payload, _Part):
            payload.depth = self.depth + 1
            if payload.depth > MAX_DEPTH:
                raise TooMuch("MIME parts are nested too deeply")
        super().attach(payload)


class _ShortHeaders(Compat32):
    """Cuts what no honest header has."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, ";".join(value[:MAX_HEADER].split(";", MAX_PARAMETERS)[:MAX_PARAMETERS])


_SHORT = _ShortHeaders()
