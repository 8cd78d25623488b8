"""The registry of senders, asked about all cases at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd

from analytics.registry.cases import Distinct, Facts, Mails, claims_of
from analytics.registry.matching import Signature, SpfCheck, low
from analytics.verdict.material import codes
from analytics.verdict.signals import NobodyRegistered
from ingest.rules import RuleKind

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    import numpy.typing as npt

    from analytics.registry.order import Registry
    from analytics.verdict.material import Cases, Material, Table

T = TypeVar("T", bound="Hashable")


class Registered:
    """`signals.Senders` by the entries of a registry."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._material: Material | None = None

    def match(self, cases: Cases, service_id: npt.NDArray[Any]) -> Mapping[str, npt.NDArray[Any]]:
        """See `signals.Senders`: each case is asked about on its own day. A signature that did not pass names an entry, and proves nothing."""
        if not self._registry.claims:
            return NobodyRegistered().match(cases, service_id)
        if self._material is not cases.material:
            self._material, self._mails = cases.material, _mails(cases.material)
        numbers, services = pd.factorize(service_id)
        named = np.flatnonzero(numbers >= 0)
        service = Distinct([low(one) for one in services], numbers[named], named, len(cases))
        facts = Facts(self._mails, cases.evidence, cases.address, service, cases.days)
        found, claims = claims_of(self._registry, facts), self._registry.claims
        told: dict[str, list[str | None]] = {
            "entry_id": [claim.entry.entry_id for claim in claims],
            "proof": [None if claim.broken else claim.proof.value for claim in claims],
            "decision": [claim.entry.decision.value for claim in claims],
        }
        answers = {name: np.array([*values, None], dtype=object)[found] for name, values in told.items()}
        by_address = np.array([*[claim.rule.kind is RuleKind.IP for claim in claims], False], dtype=bool)
        return {**answers, "by_address": by_address[found]}


def _mails(material: Material) -> Mails:
    seen, addresses = material.evidence, material.addresses
    envelopes = seen.texts("envelope_from")[material.spf.frame["row"].to_numpy()]
    checks = [material.spf.texts(name) for name in ("domain", "scope", "result")]
    return Mails(
        _distinct([seen.texts("header_from")], np.arange(len(seen)), len(seen), low),
        _listed(material.dkim, [material.dkim.texts(name) for name in Signature._fields], len(seen), Signature),
        _listed(material.spf, [*checks, envelopes], len(seen), lambda *one: (SpfCheck(*one[:3]), low(one[3]))),
        _distinct([addresses.texts("source_ip")], np.flatnonzero(addresses.given("source_ip")), len(addresses), str),
    )


def _listed(table: Table, columns: list[npt.NDArray[Any]], length: int, make: Callable[..., T]) -> Distinct[T]:
    return _distinct(columns, table.frame["row"].to_numpy(), length, make)


def _distinct(
    columns: list[npt.NDArray[Any]], rows: npt.NDArray[np.intp], length: int, make: Callable[..., T]
) -> Distinct[T]:
    """What each row says, made once of columns that agree; `rows` names the row of every entry."""
    if len(columns[0]) != len(rows):
        columns = [column[rows] for column in columns]
    number = codes(*(pd.factorize(column)[0].astype(np.int64) for column in columns))
    first = np.unique(number, return_index=True)[1]
    values = [make(*one) for one in zip(*(column[first] for column in columns), strict=True)]
    return Distinct(values, number, rows, length)
