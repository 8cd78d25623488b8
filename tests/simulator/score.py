"""The verdicts held against the truth, message by message."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from analytics.registry.order import Registry
from analytics.verdict.cases import judged_cases
from analytics.window import Window
from ingest.enrich import LocalEnricher
from ingest.store.connect import Database
from tests.analytics.verdict.people import judged_with
from tests.fakes.facts import MONDAY, keep, keep_sources
from tests.simulator.admin import diligent
from tests.simulator.nouns import DAYS
from tests.simulator.seen import reports, seen
from tests.simulator.world import world

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.simulator.nouns import Truth
    from tests.simulator.seen import Said
    from tests.simulator.world import World

NOBODY, DILIGENT = "empty registry", "registry kept"
VARIANTS = (NOBODY, DILIGENT)
WINDOW = Window(MONDAY, MONDAY + timedelta(days=DAYS - 1))
TOLD = ("told", "cause", "flow")
SAID = ("side", "verdict", "kind", "rule_id")


def scored(seed: int, folder: Path) -> pd.DataFrame:
    """What is true and what is said of all mail of a seed's world.

    Args:
        seed: of the world.
        folder: for the database.

    Returns:
        One row per variant of the registry, seed, truth (`TOLD`) and verdict (`SAID`), with `messages`.
    """
    made = world(seed)
    all_said = seen(made)
    database = kept(made, all_said, folder / f"{seed}.duckdb")
    true = truths(all_said)
    registries = {NOBODY: Registry(()), DILIGENT: diligent(database, WINDOW, made)}
    frames = []
    for name, one in registries.items():
        judged_with(database, one)
        frames.append(_compared(judged_cases(database, WINDOW, daily=True), true).assign(variant=name))
    return pd.concat(frames, ignore_index=True).assign(seed=seed)


def kept(made: World, all_said: list[Said], path: Path) -> Database:
    """A database with the reports of a world, and what the product knows of its addresses by itself."""
    database = Database(path)
    keep(database, *reports(all_said))
    keep_sources(database, LocalEnricher().look_up(made.reverse_names, made.reverse_names))
    return database


def truths(all_said: Iterable[Said]) -> dict[tuple[object, ...], Counter[Truth]]:
    """How many messages of each truth stand behind the same evidence."""
    found: dict[tuple[object, ...], Counter[Truth]] = defaultdict(Counter)
    for said in all_said:
        record = said.record
        override = {_override(reason.type, reason.comment) for reason in record.reasons}
        key = (
            *(said.day, said.domain.name, record.header_from, record.source_ip, record.envelope_from),
            *(record.dkim_aligned, record.spf_aligned, " ".join(sorted(override))),
            frozenset((one.domain, one.selector, one.result) for one in record.dkim),
            frozenset((one.domain, one.scope, one.result) for one in record.spf),
        )
        found[key][said.truth] += record.messages
    return found


def _override(kind: str | None, comment: str | None) -> str:
    return "arc" if kind == "local_policy" and comment == "arc=pass" else kind or ""


def _compared(verdicts: pd.DataFrame, true: dict[tuple[object, ...], Counter[Truth]]) -> pd.DataFrame:
    """`TOLD`, `SAID` and `messages`. A case without truth, or with another number of messages, is a fault of the simulator."""
    lines: Counter[tuple[str, ...]] = Counter()
    rows = verdicts.to_dict("records")
    if len(rows) != len(true):
        raise AssertionError(f"{len(rows)} cases, but the truth is told of {len(true)}")
    for row in rows:
        told = true[_key(row)]
        if told.total() != row["messages"]:
            raise AssertionError(f"{row['messages']} messages, but the truth is told of {told.total()}: {row}")
        for truth, messages in told.items():
            lines[truth.told.value, truth.cause, truth.flow, *(str(row[name]) for name in SAID)] += messages
    frame = pd.DataFrame(list(lines), columns=[*TOLD, *SAID])
    return frame.assign(messages=list(lines.values()))


def _key(row: dict[Any, Any]) -> tuple[object, ...]:
    return (
        pd.Timestamp(row["day"]).date(),
        *(row[name] for name in ("policy_domain", "header_from", "source_ip", "envelope_from")),
        *(bool(row["dkim_aligned"]), bool(row["spf_aligned"]), row["override"]),
        frozenset((one["domain"], one["selector"], one["result"]) for one in row["dkim"]),
        frozenset((one["domain"], one["scope"], one["result"]) for one in row["spf"]),
    )
