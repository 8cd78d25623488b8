"""Importing this keeps pandas out of the process.

Arrow imports pandas with the first array that it makes, if it can: a third of a second and 60 MB for a process that needs nothing of it.
"""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder


class _NoPandas(MetaPathFinder):
    @staticmethod
    def find_spec(name: str, *_: object) -> None:
        if name == "pandas":
            raise ImportError("this process does without pandas")


sys.meta_path.insert(0, _NoPandas())
