"""The body hash of DKIM (RFC 6376 §3.4.3, §3.4.4), in time and memory of a few copies of the body.

dkimpy's own canonicalization needs quadratic time on long runs of blanks, and a regular expression a hundred bytes for each blank; a sender may
put as many there as the mail is long.
"""

from __future__ import annotations

import hashlib


class BodyDigest:
    """The SHA-256 of one body, worked out at most once in each form."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._digests: dict[bool, bytes] = {}

    def sha256(self, *, relaxed: bool) -> bytes:
        """The digest of the body in the form `relaxed` or `simple`."""
        if relaxed not in self._digests:
            self._digests[relaxed] = hashlib.sha256(canonical(self._body, relaxed=relaxed)).digest()
        return self._digests[relaxed]


def canonical(body: bytes, *, relaxed: bool) -> bytes:
    """The body with CRLF line ends, as it is hashed."""
    text = body.replace(b"\r\n", b"\n")
    if relaxed:
        text = _without_runs(text.replace(b"\t", b" ")).replace(b" \n", b"\n")
    text = text.rstrip(b"\n")
    if relaxed and text in {b"", b" "}:
        return b""
    return (text.removesuffix(b" ") if relaxed else text).replace(b"\n", b"\r\n") + b"\r\n"


def _without_runs(text: bytes) -> bytes:
    """Every run of blanks as one blank; each pass halves the longest."""
    while b"  " in text:
        text = text.replace(b"  ", b" ")
    return text
