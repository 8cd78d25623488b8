"""The header of a mail as a list of fields, and the one address that it says it comes from."""

from __future__ import annotations

import email.policy
import re
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from email.utils import getaddresses

from ingest.trust import names

MAX_BYTES = 262_144  # of a header; what comes later is not looked at
MAX_FIELDS = 2_000
MAX_COMMENTS = 20  # the standard library goes one call deeper for each that is nested
_END = re.compile(rb"\r?\n\r?\n")
_ODD = re.compile(rb"\r(?!\n)|\0")


@dataclass(frozen=True, slots=True)
class Head:
    """Header fields from the top down, names in lower case, values unfolded but not decoded."""

    fields: tuple[tuple[str, str], ...]
    sender: str | None  # the address in From; None when there is none, or not exactly one
    clear: bool = True  # whether every parser reads the same fields

    @property
    def domain(self) -> str | None:
        """The domain in From."""
        return names.domain_of(self.sender)


def head(body: bytes) -> Head:
    """The header of a mail, by the same parser that finds the reports in it."""
    message = BytesHeaderParser(policy=email.policy.compat32).parsebytes(body[:MAX_BYTES].lstrip(b"\r\n"))
    fields = tuple((name.lower(), " ".join(str(value).split())) for name, value in message.items()[:MAX_FIELDS])
    return Head(
        fields, clear=parts(body) is not None, sender=_sender([value for name, value in fields if name == "from"])
    )


def parts(body: bytes) -> tuple[bytes, bytes] | None:
    """The bytes of header and content; None when the header is too long, or when parsers could disagree about where it ends.

    A lone CR ends a line for the parser that finds reports, and none for what verifies signatures: a second mail, with a From and a report of
    its own, could hide in a field of a genuine one.
    """
    text = body.lstrip(b"\r\n")
    end = _END.search(text, 0, MAX_BYTES)
    start, rest = (text[: end.start()], text[end.end() :]) if end else (text, b"")
    return None if len(start) > MAX_BYTES or _ODD.search(start) else (start, rest)


def _sender(values: list[str]) -> str | None:
    """The address, read before encoded words are decoded: a decoded display name may look like an address."""
    if len(values) != 1 or len(values[0]) > 2_000 or values[0].count("(") > MAX_COMMENTS:
        return None
    addresses = {address.strip().lower() for _, address in getaddresses(values)}
    address = addresses.pop() if len(addresses) == 1 else ""
    return address if address.count("@") == 1 and names.domain_of(address) else None
