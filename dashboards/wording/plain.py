"""Text of strangers made harmless to look at: control and direction characters visible, punycode beside Unicode."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

MAX_CHARACTERS = 500  # of one cell or line; the raw report shows the rest
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_PUNYCODE_LABEL = re.compile(r"\bxn--[a-z0-9-]+", re.IGNORECASE)
_DOMAIN = re.compile(r"[\w-]+(?:\.[\w-]+)*\.?")
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


def visible(text: str, *, keep: str = "") -> str:
    """The text with every invisible, control or direction character written as `⟨U+202E⟩`; those in `keep` stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(character, keep) for character in text)


def plain(value: object) -> str:
    """One line for a cell or a sentence: visible, cut to MAX_CHARACTERS, Unicode names of punycode domains added."""
    if value is None or value != value:  # noqa: PLR0124 - NaN is the only value that differs from itself
        return ""
    text = str(value)
    cut = text if len(text) <= MAX_CHARACTERS else text[:MAX_CHARACTERS] + "…"
    return _with_unicode_name(visible(cut))


def plain_columns(frame: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
    """A copy of the frame whose named text columns went through `plain`."""
    return frame.assign(**{column: [plain(value) for value in frame[column]] for column in columns})


def label(text: str) -> str:
    """Text for a Streamlit label (a button, a link): labels are read as markdown, so every ASCII sign is escaped."""
    return _PUNCTUATION.sub(r"\\\1", plain(text)).strip() or "–"


def _shown(character: str, keep: str) -> str:
    if character in keep or unicodedata.category(character) not in _HIDDEN:
        return character
    return f"⟨U+{ord(character):04X}⟩"


def _with_unicode_name(text: str) -> str:
    if _PUNYCODE_LABEL.search(text) is None or _DOMAIN.fullmatch(text) is None:
        return text
    decoded = _PUNYCODE_LABEL.sub(_decoded_label, text)
    return text if decoded == text else f"{text} ({visible(decoded)})"


def _decoded_label(match: re.Match[str]) -> str:
    try:
        return match.group()[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return match.group()
