"""A registry and a catalogue of services, as small as a test wants them, and the judge that knows them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from analytics.registry.order import Registry
from analytics.services.catalogue import catalogue
from analytics.verdict import judging
from analytics.verdict.known import breaks_of
from analytics.verdict.registered import Registered
from analytics.verdict.services import Recognised
from analytics.verdict.signals import Inventory

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from analytics.verdict import signals
    from analytics.verdict.material import Cases
    from ingest.store.connect import Database


GENERIC = "vendor.example"  # signs and bounces for every customer of every service
NOON = datetime(2026, 1, 1, 12)  # noqa: DTZ001 - naive UTC, as the database keeps it


class Senders:
    """Knows some addresses: source_ip → (proof, decision)."""

    def __init__(self, **_: object) -> None:
        self.known: dict[str, tuple[str, str]] = {}

    def match(self, cases: Cases, service_id: npt.NDArray[Any]) -> Mapping[str, npt.NDArray[Any]]:
        found = [self.known.get(str(ip)) for ip in cases.text("source_ip")]
        assert len(found) == len(service_id)
        told = {
            "entry_id": [one and "entry" for one in found],
            "proof": [one and one[0] for one in found],
            "decision": [one and one[1] for one in found],
        }
        answers = {name: np.array([*values, None], dtype=object)[:-1] for name, values in told.items()}
        return {**answers, "by_address": np.array([one is not None for one in found], dtype=bool)}


class Catalogue:
    """Knows some services by their name: service → what it does besides sending ('', 'forwards', 'lists')."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self.known = known

    def recognised(self, cases: Cases) -> Mapping[str, npt.NDArray[Any]]:
        names = [name if name in self.known else None for name in cases.text("service")]
        does = np.array([self.known.get(str(name), "") for name in names], dtype=object)
        passed = [cases.text(name) == GENERIC for name in ("other_domain", "spf_domain")]
        return {
            "service_id": np.array([*names, None], dtype=object)[:-1],
            "forwards": does == "forwards",
            "lists": does == "lists",
            "generic": passed[0] | passed[1],
        }


def judged_by(
    database: Database, senders: signals.Senders, services: signals.Catalogue, inventory: Inventory | None = None
) -> None:
    """Everything in the database is judged by these, anew."""
    before = (
        ""
        if not database.rows("SELECT * FROM verdict_state")
        else database.rows("SELECT known FROM verdict_state")[0]["known"]
    )
    judge = judging.Judge(senders, services, before + "again", inventory=inventory or Inventory())
    judging.bring_up_to_date(database, judge, NOON)


def judged_with(database: Database, registry: Registry | None = None) -> None:
    """The same with this registry (None: an empty one) and the catalogue that ships."""
    entries = registry or Registry(())
    known = judging.fingerprint(repr(entries.entries))
    judge = judging.Judge(Registered(entries), Recognised(catalogue()), known, breaks_of(entries))
    judging.bring_up_to_date(database, judge, NOON)
