"""DKIM signatures of the From domain (RFC 6376), verified with dkimpy. Cheap questions first: tags, key, header, then the body.

A broken signature proves nothing by itself, since gateways in front of a mailbox add banners and rewrite subjects. What is told apart is
whether the header is still as it was signed: nobody but the signer can make such a header, so a mail with one is an altered mail, not a forged one.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import dkim
from dkim.canonicalization import InvalidCanonicalizationPolicyError
from dkim.util import InvalidTagValueList, parse_tag_value

from ingest.trust import names
from ingest.trust.digest import BodyDigest
from ingest.trust.head import MAX_FIELDS, parts
from ingest.trust.keys import Asked
from ingest.trust.signed import Signed, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.trust.keys import Keys

    Fields = list[tuple[bytes, bytes]]

MAX_VERIFIED = 5
MAX_LOOKED_AT = 100
MAX_SIGNATURE_BYTES = 8_192
MAX_SIGNED_FIELDS = 100
MAX_KEY_BITS = 8_192
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - naive UTC
_LONG_BLANK = re.compile(rb"\s{200}")
_TAGGED = re.compile(rb"\s*\S.*?(report domain:.*)", re.IGNORECASE | re.DOTALL)
_HASHED = {b"relaxed/relaxed", b"simple/relaxed"}
_BROKEN = (
    dkim.DKIMException,
    InvalidCanonicalizationPolicyError,
    InvalidTagValueList,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class _Mail:
    fields: Fields
    body: BodyDigest


def verify(raw: bytes, sender_domain: str, keys: Keys, *, received: datetime | None, known: bool) -> Verdict:
    """The best that a signature aligned with `sender_domain` says about the mail.

    Args:
        raw: the mail.
        sender_domain: of From.
        keys: asked only for keys of signatures that are aligned and well-formed.
        received: naive UTC; signatures that had expired by then are broken. The present time does not matter.
        known: whether the domain belongs to a reporter that we know.
    """
    mail = _parsed(raw)
    if mail is None:
        return Verdict(Signed.BROKEN)
    best = Verdict(Signed.NONE)
    order = list(Signed)
    for header, tags in _aligned(mail.fields, sender_domain):
        found = _verdict(mail, header, tags, _Asking(keys, known, received))
        if order.index(found.signed) < order.index(best.signed):
            best = found
        if best.signed is Signed.VALID:
            break
    return best


@dataclass(frozen=True, slots=True)
class _Asking:
    keys: Keys
    known: bool
    received: datetime | None


def _parsed(raw: bytes) -> _Mail | None:
    """Header fields as dkimpy wants them, and the body; None when parsers could disagree about what is what."""
    split = parts(raw)
    if split is None:
        return None
    try:
        fields = [(name, value) for name, value in dkim.rfc822_parse(split[0])[0]]
    except _BROKEN:
        return None
    if len(fields) > MAX_FIELDS or sum(name.lower() == b"from" for name, _ in fields) != 1:
        return None
    return _Mail(fields, BodyDigest(split[1]))


def _aligned(fields: Fields, sender_domain: str) -> Iterator[tuple[tuple[bytes, bytes], dict[bytes, bytes]]]:
    """The signatures, as headers and as tags, whose d= is aligned; only so many."""
    headers = [field for field in fields if field[0].lower() == b"dkim-signature"][:MAX_LOOKED_AT]
    left = MAX_VERIFIED
    for header in headers:
        if len(header[1]) > MAX_SIGNATURE_BYTES or _LONG_BLANK.search(header[1]):
            continue
        try:
            tags = parse_tag_value(header[1])
        except _BROKEN:
            continue
        if left and names.aligned(_text(tags.get(b"d", b"")), sender_domain):
            left -= 1
            yield header, tags


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _verdict(mail: _Mail, header: tuple[bytes, bytes], tags: dict[bytes, bytes], asking: _Asking) -> Verdict:
    domain, signed_names = names.domain(_text(tags[b"d"])), _signed_names(tags)
    if domain is None or not _well_formed(tags, signed_names, asking.received):
        return Verdict(Signed.BROKEN, domain)
    key = asking.keys.key(domain, _text(tags[b"s"]), known=asking.known)
    if key.asked is not Asked.FOUND:
        return Verdict(Signed.UNKNOWN if key.asked is Asked.UNKNOWN else Signed.NO_KEY, domain)
    if not _key_in_use(key.text):
        return Verdict(Signed.NO_KEY, domain)
    if not any(_header_holds(fields, header, tags, key.text) for fields in _as_signed(mail.fields)):
        return Verdict(Signed.BROKEN, domain)
    try:
        claimed = base64.b64decode(b"".join(tags[b"bh"].split()))
    except binascii.Error:
        return Verdict(Signed.BROKEN, domain)
    same = claimed == mail.body.sha256(relaxed=tags.get(b"c", b"") in _HASHED)
    return Verdict(Signed.VALID if same else Signed.ALTERED, domain, b"subject" in signed_names)


def _signed_names(tags: dict[bytes, bytes]) -> list[bytes]:
    return [name.strip().lower() for name in tags.get(b"h", b"").split(b":")]


def _well_formed(tags: dict[bytes, bytes], signed_names: list[bytes], received: datetime | None) -> bool:
    """Whether the signature may count at all.

    One with l= may not: others could add a report below the part that is signed. SHA-1 may not (RFC 8301).
    """
    expires = tags.get(b"x", b"")
    return (
        all(tags.get(name) for name in (b"a", b"b", b"bh", b"d", b"h", b"s"))
        and tags.get(b"v") == b"1"
        and tags[b"a"] == b"rsa-sha256"
        and tags.get(b"q", b"dns/txt") == b"dns/txt"
        and b"l" not in tags
        and b"from" in signed_names
        and len(signed_names) <= MAX_SIGNED_FIELDS
        and (not expires or (expires.isdigit() and len(expires) <= 12 and not _past(int(expires), received)))
    )


def _past(expires: int, received: datetime | None) -> bool:
    return received is not None and expires < (received - _EPOCH).total_seconds()


def _key_in_use(text: bytes) -> bool:
    """Whether the record holds an RSA key that is not withdrawn (p= empty)."""
    try:
        tags = parse_tag_value(text)
    except _BROKEN:
        return False
    return bool(tags.get(b"p")) and tags.get(b"k", b"rsa") == b"rsa"


def _as_signed(fields: Fields) -> Iterator[Fields]:
    """The header as it is, and without the tag that a gateway may have put before the subject of a report."""
    yield fields
    for index, (name, value) in enumerate(fields):
        if name.lower() == b"subject" and (tagged := _TAGGED.fullmatch(value)):
            yield [*fields[:index], (name, b" " + tagged.group(1)), *fields[index + 1 :]]
            return


def _header_holds(fields: Fields, header: tuple[bytes, bytes], tags: dict[bytes, bytes], key: bytes) -> bool:
    """Whether b= is right for the header fields; the body is not looked at."""
    checker = dkim.DKIM()
    checker.headers = fields
    without_body = {name: value for name, value in tags.items() if name != b"bh"}
    try:
        checker.pk, checker.keysize, checker.ktag, checker.seqtlsrpt = dkim.evaluate_pk("", key)
        if checker.keysize > MAX_KEY_BITS or checker.pk["publicExponent"].bit_length() > 64:
            return False
        return bool(checker.verify_sig_process(without_body, _signed_names(tags), header, None))
    except _BROKEN:
        return False
