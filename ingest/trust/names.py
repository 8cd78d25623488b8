"""Domain and reporter names, made comparable."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from ingest.suffixes import suffixes

_DOMAIN = re.compile(
    r"(?=.{3,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
)


@lru_cache(maxsize=4_096)
def domain(text: str | None) -> str | None:
    """`text` as a domain in lower case, without quotes and a final dot; None when it is not one."""
    if text is None:
        return None
    name = text.strip(" \t\r\n\"'<>{}").rstrip(".").lower()
    if len(name) > 253:
        return None
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    return name if _DOMAIN.fullmatch(name) else None


def domain_of(address: str | None) -> str | None:
    """The domain of a mail address, as `domain` gives it."""
    return domain((address or "").rpartition("@")[2])


@lru_cache(maxsize=4_096)
def organization(text: str | None) -> str | None:
    """The organizational domain (Public Suffix List); None when `text` is no domain or only a public suffix."""
    name = domain(text)
    return suffixes().privatesuffix(name) if name else None


def aligned(one: str | None, other: str | None) -> bool:
    """Whether two domains belong to one organization: relaxed alignment of RFC 9989."""
    org = organization(one)
    return org is not None and org == organization(other)


def under(name: str, parent: str) -> bool:
    """Whether a domain is `parent` or below it."""
    return name == parent or name.endswith(f".{parent}")


@lru_cache(maxsize=4_096)
def key(text: str) -> str:
    """What of a name is compared: letters and digits, without case, width and marks."""
    folded = unicodedata.normalize("NFKD", text[:500]).casefold()
    return "".join(letter for letter in folded if letter.isalnum())
