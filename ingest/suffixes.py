"""The Public Suffix List as `publicsuffixlist` reads it, in half the time: only names outside of ASCII need their second form worked out."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from publicsuffixlist import PSLFILE, PublicSuffixList, encode_idn


@cache
def suffixes() -> PublicSuffixList:
    """The list that ships with the library, read once for each process."""
    text = Path(PSLFILE).read_text(encoding="utf-8")
    foreign = [line.split(" ")[0] for line in text.splitlines() if not line.isascii() and not line.startswith("//")]
    encoded = [f"{'!' * name.startswith('!')}{encode_idn(name.lower().lstrip('!'))}" for name in foreign]
    return PublicSuffixList("\n".join([text, *encoded]), accept_encoded_idn=False)
