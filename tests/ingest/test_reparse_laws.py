"""Whatever came in and whatever was decided, in any order: the spool alone makes the same tables, and they agree with themselves."""

from __future__ import annotations

import itertools
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import prune, reparse
from ingest.errors import SettingsError
from ingest.model import Act, Origin, Prune, RawMail
from ingest.poll import Pipeline
from ingest.reading import read
from ingest.settings import Limits
from ingest.spool import DiskSpool
from ingest.store import acts, check
from ingest.store.connect import Database
from ingest.store.fingerprint import fingerprint
from ingest.store.partly import Wanted
from ingest.store.write import DuckStore
from tests.fakes.kept import HELD, NEWER, OLDER, PARTIAL, UNREADABLE, WHOLE, sha
from tests.fakes.reports import gz, mail

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ingest.model import ReadMail

NOON = datetime(2026, 3, 3, 12)  # noqa: DTZ001 - naive UTC
CONTENTS = (WHOLE, OLDER, NEWER, PARTIAL, HELD, UNREADABLE)
VARIANTS = (
    *CONTENTS,
    gz(PARTIAL),
    gz(OLDER),
    gz(NEWER)[:-4],
    gz(NEWER),
    mail(gz(WHOLE), gz(HELD)),
    mail(text="nothing"),
)

_batch = st.lists(
    st.tuples(st.integers(0, len(VARIANTS) - 1), st.integers(0, 3), st.sampled_from([None, 0, 1, 2])),
    min_size=1,
    max_size=4,
)  # (variant, uid, hours after noon)
_act = st.tuples(st.sampled_from(["accept", "reject"]), st.sampled_from(CONTENTS))
_prune = st.sampled_from([date(1980, 1, 1), date(2026, 3, 2), date(2026, 3, 3), date(2026, 4, 1)])
_steps = st.lists(st.one_of(_batch, _batch, _act, _prune), min_size=1, max_size=8)
Step = list[tuple[int, int, int | None]] | tuple[str, bytes] | date


class World:
    """A database and its spool, without processes of their own."""

    def __init__(self, folder: Path) -> None:
        self.database = Database(folder / "w.duckdb")
        self.spool = DiskSpool(folder / "w.spool")
        self._times = (NOON + timedelta(days=10, seconds=second) for second in itertools.count())
        self.parts = reparse.Parts(self.spool, lambda _: self.pipeline(self.database), _store)

    def pipeline(self, database: Database) -> Pipeline:
        return Pipeline(_store(database), self.spool, _read)

    def step(self, step: Step) -> None:
        now = next(self._times)
        if isinstance(step, date):
            prune.prune(self.database, self.spool, Prune(now, "anna", step))
            return
        if isinstance(step, tuple):
            act = Act(now, "anna", step[0], sha(step[1]), f"at {now}")
            journal = self.spool.journal
            with suppress(SettingsError):
                acts.decide(self.database, [act], earlier=journal.known_acts, write_down=journal.acts)
            return
        mails = [_delivery(*one, now) for one in step]
        self.spool.keep(mails)
        pipeline = self.pipeline(self.database)
        pipeline.store.add([pipeline.examined(mail) for mail in mails])


def _store(database: Database) -> DuckStore:
    return DuckStore(database, parser="test")


def _read(mails: Sequence[RawMail]) -> list[ReadMail]:
    return [read(mail, Limits()) for mail in mails]


def _delivery(variant: int, uid: int, hours: int | None, now: datetime) -> RawMail:
    received = None if hours is None else NOON + timedelta(hours=hours)
    return RawMail(Origin("m", "INBOX", variant, uid), VARIANTS[variant], received, None, now)


_worlds = itertools.count()


@pytest.fixture
def new_world(tmp_path: Path) -> Callable[[], World]:
    def make() -> World:
        folder = tmp_path / str(next(_worlds))
        folder.mkdir()
        world = World(folder)
        with world.database.write():
            return world

    return make


def _nothing(_done: int, _total: int | None) -> None:
    """Progress that nobody watches."""


@settings(
    deadline=None, max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(_steps, st.data())
def test_the_spool_makes_the_same_tables(
    new_world: Callable[[], World],
    steps: list[Step],
    data: st.DataObject,
) -> None:
    world = new_world()
    for step in steps:
        world.step(step)
    before = fingerprint(world.database)
    assert check.disagreements(world.database, deep=True) == []
    done = reparse.rebuild(world.database, world.parts, progress=_nothing)
    assert done.changes is not None
    assert done.changes.nothing
    assert fingerprint(world.database) == before
    with suppress(SettingsError):
        part = Wanted(payloads=(sha(data.draw(st.sampled_from(CONTENTS))),))
        reparse.again(world.database, world.parts, part, progress=_nothing)
    assert fingerprint(world.database) == before
    world.database.path.unlink()
    reparse.rebuild(world.database, world.parts, progress=_nothing)
    assert fingerprint(world.database) == before
