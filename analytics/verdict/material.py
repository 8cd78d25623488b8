"""What is to be judged, in numbers: evidence and addresses as two tables, and cases that name a row of each.

The same evidence and the same address stand in very many cases, so whatever depends on one of them alone is worked out once for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ingest.suffixes import suffixes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy.typing as npt

    Flags = npt.NDArray[np.bool_]
    Codes = npt.NDArray[np.int64]


def codes(*columns: Codes) -> Codes:
    """One number for each combination, from 0 on."""
    combined = columns[0]
    for column in columns[1:]:
        combined = pd.factorize(combined)[0].astype(np.int64) * (int(column.max(initial=0)) + 2) + column + 1
    return pd.factorize(combined)[0].astype(np.int64)


@dataclass(frozen=True)
class Table:
    """Rows of which each different text has a number; -1: missing."""

    frame: pd.DataFrame
    _known: dict[str, tuple[Codes, list[str]]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.frame)

    def coded(self, name: str) -> tuple[Codes, list[str]]:
        """The number of each row's text, and the texts by number."""
        if name not in self._known:
            numbers, values = pd.factorize(self.frame[name].astype(object).to_numpy())
            self._known[name] = numbers.astype(np.int64), [str(value) for value in values]
        return self._known[name]

    def where(self, name: str, holds: Callable[[str], bool], *, missing: bool = False) -> Flags:
        """The rows with a text for which it holds."""
        numbers, values = self.coded(name)
        return np.array([*map(holds, values), missing], dtype=bool)[numbers]

    def equals(self, name: str, *texts: str) -> Flags:
        """The rows with one of these texts."""
        return self.where(name, lambda text: text in texts)

    def given(self, name: str) -> Flags:
        """The rows with a text."""
        return self.coded(name)[0] >= 0

    def texts(self, name: str) -> npt.NDArray[Any]:
        """The texts themselves; None where missing."""
        numbers, values = self.coded(name)
        return np.array([*values, None], dtype=object)[numbers]

    def flag(self, name: str) -> Flags:
        """A column that is true or false."""
        return self.frame[name].to_numpy(dtype=bool)


class Material:
    """Evidence and addresses of the days that are judged, as `ingest.store.verdicts.Docket.evidence` gives them."""

    def __init__(self, frames: Mapping[str, pd.DataFrame]) -> None:
        self.evidence, self.addresses = Table(frames["evidence"]), Table(frames["addresses"])
        numbers = frames["evidence"]["evidence_no"].to_numpy()
        self.dkim = Table(_placed(frames["dkim"], numbers))
        self.spf = Table(_placed(frames["spf"], numbers))
        self._organizations: dict[str, int] = {"": 0}
        self._of_domain: dict[str, int] = {}
        self._columns: dict[str, Codes] = {}

    def organization(self, name: str) -> Codes:
        """The organizational domain of a column of evidence or addresses, by number; 0 where there is none."""
        if name not in self._columns:
            table = self.evidence if name in self.evidence.frame else self.addresses
            numbers, values = table.coded(name)
            self._columns[name] = np.array([*map(self._organization, values), 0], dtype=np.int64)[numbers]
        return self._columns[name]

    def _organization(self, domain: str) -> int:
        if domain not in self._of_domain:
            found = (suffixes().privatesuffix(domain.rstrip(".").lower()) or domain.lower()) if domain else ""
            self._of_domain[domain] = self._organizations.setdefault(str(found), len(self._organizations))
        return self._of_domain[domain]

    @cached_property
    def group(self) -> Codes:
        """Who runs each address: its service, else its network, else only itself."""
        told = [self.addresses.texts(name) for name in ("service", "as_name", "source_ip")]
        first = np.where(pd.notna(told[0]), told[0], np.where(pd.notna(told[1]), told[1], told[2]))
        return pd.factorize(first, use_na_sentinel=False)[0].astype(np.int64)


@dataclass(frozen=True)
class Cases:
    """Cases by row: which evidence and address, how many messages, on which UTC day the registry is asked about them."""

    material: Material
    evidence: Codes
    address: Codes
    messages: npt.NDArray[np.float64]
    days: npt.NDArray[np.datetime64]
    several: Flags  # several reporters say so
    asked: Flags  # a verdict is wanted; the others only say what is usual

    def __len__(self) -> int:
        return len(self.evidence)

    def text(self, name: str) -> npt.NDArray[Any]:
        """A column of evidence or addresses; None where missing."""
        of_evidence = name in self.material.evidence.frame
        table, rows = (
            (self.material.evidence, self.evidence) if of_evidence else (self.material.addresses, self.address)
        )
        return table.texts(name)[rows]


def _placed(listed: pd.DataFrame, numbers: npt.NDArray[Any]) -> pd.DataFrame:
    """`row` of the evidence instead of its number."""
    return listed.assign(row=np.searchsorted(numbers, listed["evidence_no"].to_numpy())).drop(columns="evidence_no")
