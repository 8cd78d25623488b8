"""The cells of a line of the catalogue: each is read by one function, which says what is wrong with it."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

from analytics.services.model import Answer, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?=.{{4,253}}$)(?:{_LABEL}\.)+[a-z][a-z0-9-]{{0,61}}[a-z0-9]")
_INCLUDE = re.compile(rf"(?:\*\.)?(?:{_DOMAIN.pattern})")
_GLOB = re.compile(r"[a-z0-9*?._-]+")
# Selectors that several services, or people who make keys by hand, use alike: they tell nothing.
GENERIC = frozenset(
    {
        *("s1", "s2", "k1", "k2", "k3", "m1", "m2", "x", "selector", "selector1", "selector2"),
        *("default", "dkim", "dkim1", "dkim2", "mail", "email", "smtp", "key1", "key2"),
    }
)


def read(cells: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """The values of those cells that could be read, and what is wrong with the others."""
    values, problems = {}, []
    for column, cell in cells.items():
        try:
            values[column] = READERS[column](cell.strip())
        except ValueError as error:
            problems.append(f"{column}: {error}")
    return values, problems


def _text(cell: str) -> str:
    if not cell.isprintable():
        raise ValueError("has a character that cannot be seen")
    return cell


def _needed(cell: str) -> str:
    if not cell:
        raise ValueError("is empty")
    return _text(cell)


def _slug(cell: str) -> str:
    if _SLUG.fullmatch(cell) is None:
        raise ValueError(f"{cell!r} is not of a-z, 0-9 and single hyphens")
    return cell


def _kind(cell: str) -> Kind:
    if cell not in set(Kind):
        raise ValueError(f"{cell!r} is none of {', '.join(Kind)}")
    return Kind(cell)


def _answer(cell: str) -> Answer | None:
    if cell and cell not in set(Answer):
        raise ValueError(f"{cell!r} is none of {', '.join(Answer)}, nor empty")
    return Answer(cell) if cell else None


def _yes(cell: str) -> bool | None:
    if cell not in {"", "yes", "no"}:
        raise ValueError(f"{cell!r} is neither yes, no nor empty")
    return cell == "yes" if cell else None


def _https(cell: str) -> str:
    if cell and (not cell.startswith("https://") or any(sign.isspace() for sign in cell)):
        raise ValueError(f"{cell!r} is not an https address")
    return _text(cell)


def _day(cell: str) -> date:
    try:
        day = date.fromisoformat(cell)
    except ValueError:
        day = None
    if day is None or cell != day.isoformat():
        raise ValueError(f"{cell!r} is not a day as YYYY-MM-DD")
    return day


def _each(one: Callable[[str], Any], separator: str | None = None) -> Callable[[str], tuple[Any, ...]]:
    def several(cell: str) -> tuple[Any, ...]:
        return tuple(one(part.strip()) for part in cell.split(separator) if part.strip())

    return several


def _domain(text: str) -> str:
    if _DOMAIN.fullmatch(text) is None:
        raise ValueError(f"{text!r} is not a domain in lower case")
    return text


def _include(text: str) -> str:
    if _INCLUDE.fullmatch(text) is None:
        raise ValueError(f"{text!r} is not a domain in lower case, with or without `*.` before it")
    return text


def _selector(text: str) -> str:
    if _GLOB.fullmatch(text) is None:
        raise ValueError(f"{text!r} is not a selector in lower case, with or without * and ?")
    if text in GENERIC or len(re.sub(r"[*?]", "", text)) < 2:
        raise ValueError(f"{text!r} is used by many and identifies nobody")
    return text


def _asn(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 2**32):
        raise ValueError(f"{text!r} is not the number of an autonomous system")
    return int(text)


_domains = _each(_domain)
READERS: dict[str, Callable[[str], Any]] = {
    "id": _slug,
    "name": _needed,
    "kind": _kind,
    "dkim_domains": _domains,
    "dkim_selectors": _each(_selector),
    "envelope_domains": _domains,
    "reverse_names": _domains,
    "asns": _each(_asn),
    "spf_include": _each(_include),
    "map_names": _each(_needed, ";"),
    "spf_aligns": _answer,
    "dkim_aligns": _answer,
    "forwards": _yes,
    "multi_tenant": _yes,
    "fix_en": _text,
    "fix_ja": _text,
    "doc_title": _text,
    "doc_url": _https,
    "source": _needed,
    "verified_on": _day,
}
COLUMNS = tuple(READERS)
