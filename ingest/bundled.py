"""The files that come with parsedmarc, found without importing it: that takes longer than looking up ten thousand addresses."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path


@cache
def resources() -> Path:
    """The folder with its map of services, its public suffix overrides and its address database."""
    found = find_spec("parsedmarc")
    if found is None or not found.submodule_search_locations:
        raise AssertionError("parsedmarc is a dependency")
    return Path(next(iter(found.submodule_search_locations))) / "resources"
