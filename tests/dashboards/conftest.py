"""What the tests of the dashboard leave behind."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _main_module() -> Iterator[None]:
    """Streamlit runs a page as `__main__`; a process that a later test spawns would run the page too."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main
