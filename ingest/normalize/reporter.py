"""A reporter's name as parsedmarc gives it, without the half second that importing parsedmarc takes."""

from __future__ import annotations

from functools import cache, lru_cache

from ingest.bundled import resources
from ingest.suffixes import suffixes


@lru_cache(maxsize=4_096)
def reporter(org_name: str | None, email: str | None) -> str:
    """The organizational domain when the name looks like one, else the name; without a name, that of the mail address."""
    name = org_name or (email or "").rpartition("@")[2].strip() or "unnamed"
    if " " in name:
        return name
    domain = name.lower()
    suffix = suffixes().privatesuffix(domain)
    override = next((one for one in _overrides() if domain.endswith(one)), None)
    return (override.strip(".").strip("-") if override else suffix) or name


@cache
def _overrides() -> tuple[str, ...]:
    """Endings of host names that parsedmarc counts as one organization, from its own list."""
    lines = (resources() / "maps" / "psl_overrides.txt").read_text(encoding="utf-8").splitlines()
    return tuple(line.strip() for line in lines if line.strip())
