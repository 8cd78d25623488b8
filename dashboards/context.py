"""What every page stands on: settings, database, address, language. Answers are cached per state of the database file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

import streamlit as st

from analytics.verdict.known import bring_up_to_date
from dashboards.address import Address
from dashboards.charts import Span
from dashboards.wording.colours import palette
from dashboards.wording.words import choose
from ingest import custody, giving, registering, settings_file, wiring

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date
    from typing import Concatenate

    from analytics.reader import Reader
    from analytics.window import Window
    from dashboards.wording.colours import Palette
    from dashboards.wording.words import Words
    from ingest.model import Fate
    from ingest.opinions import Opinion, What
    from ingest.registering import Said
    from ingest.registry import Change, Decision, Entry
    from ingest.settings import Settings
    from ingest.store.connect import Database

    P = ParamSpec("P")
    T = TypeVar("T")

CONFIG_VARIABLE = "WHOSENDS_CONFIG"  # how `serve` tells the app where to look
DB_VARIABLE = "WHOSENDS_DB"
PROVISIONAL_DAYS = 2  # reports of a day come in over the next two
ANSWERS_KEPT = 500
ANSWERS_MAX_SIZE = "200MB"


@dataclass(frozen=True, slots=True)
class Visit:
    """One look at one page."""

    address: Address
    words: Words
    window: Window
    today: date  # UTC
    colours: Palette

    def span(self) -> Span:
        """The days that charts span."""
        return Span(self.window, self.today - timedelta(days=PROVISIONAL_DAYS))


def visit() -> Visit:
    """What the address bar asks for, today, in the reader's language and theme."""
    address = Address.read(st.query_params.to_dict())
    today = datetime.now(UTC).date()
    words = choose(address.language, settings().serve.language, st.context.locale)
    return Visit(address, words, address.window(today), today, palette(dark=st.context.theme.type == "dark"))


def language() -> Words:
    """The reader's language, when nothing else is sure."""
    return choose(st.query_params.get("lang"), st.context.locale)


def settings() -> Settings:
    """The settings that `serve` was started with; read once."""
    return _settings(os.environ.get(CONFIG_VARIABLE), os.environ.get(DB_VARIABLE))


def answer(question: Callable[Concatenate[Reader, P], T], *details: P.args, **filters: P.kwargs) -> T:
    """What an analytics function says about the current state of the database.

    Raises:
        StoreError: the database is missing, busy or cannot be read.
    """
    database = wiring.database(settings())
    name = f"{question.__module__}.{question.__qualname__}"
    key = repr((details, sorted(filters.items())))
    found = _answer(str(database.path), database.version(), name, key, database, question, details, filters)
    return cast("T", found)


def judged(words: Words) -> None:
    """Every accepted record has its verdict by what is known now; while that takes time, the page says so.

    Raises:
        StoreError: the database is missing, busy or cannot be read.
    """
    database = wiring.database(settings())
    with st.spinner(words("whose.judging")):
        _judged(str(database.path), database.version(), database)


def raw_report(payload_sha256: str) -> bytes | None:
    """The raw XML out of the spool; None when it is not kept."""
    return wiring.raw_payload(settings(), payload_sha256)


def raw_mail(mail_sha256: str) -> bytes | None:
    """The mail as it came, out of the spool; None when it is not kept."""
    return custody.raw_mail(settings(), mail_sha256)


def decide(what: str, payload_sha256: str, *, who: str, why: str) -> tuple[Fate, Fate]:
    """The decision is in force and kept for ever; the fate before and after.

    Raises:
        SettingsError: it cannot be done.
        StoreError: the database cannot be written.
    """
    return custody.act(settings(), what, [payload_sha256], who=who, why=why)[0]


def register(entry_id: str, decision: Decision | None, said: Said, *, fresh: bool, who: str, why: str) -> Change:
    """The entry of the registry is as it was said, and has this decision; None: the one it had. `fresh`: it is a new one.

    Raises:
        SettingsError: nothing would change, or the entry cannot be so.
        StoreError: the database cannot be written.
    """
    return registering.decide(settings(), entry_id, decision, said, fresh=fresh, who=who, why=why)


def retire(entry_id: str, last_day: date, *, who: str, why: str) -> Change:
    """The entry of the registry holds until that day, the day included.

    Raises:
        SettingsError: it ends before, or there is none.
        StoreError: the database cannot be written.
    """
    return registering.retire(settings(), entry_id, last_day, who=who, why=why)


def would_import(wanted: Sequence[Entry], *, prune: bool) -> list[Change]:
    """What would change until the registry holds these entries so; nothing is done. With `prune`, others end today.

    Raises:
        SettingsError: it cannot be done.
        StoreError: the database cannot be read.
    """
    return registering.take_over(settings(), wanted, prune=prune, dry_run=True, who="", why="")


def take_over(wanted: Sequence[Entry], *, prune: bool, looked_at: Sequence[Change], who: str, why: str) -> list[Change]:
    """The registry holds these entries so, and exactly that changed which somebody looked at.

    Raises:
        SettingsError: something else would change, or it cannot be done; nothing was done.
        StoreError: the database cannot be written.
    """
    return registering.take_over(settings(), wanted, prune=prune, looked_at=looked_at, who=who, why=why)


def say(what: What, opinion: Opinion, *, who: str, why: str) -> None:
    """What somebody says about verdicts is in force and kept for ever.

    Raises:
        SettingsError: it cannot be said, or is said already.
        StoreError: the database cannot be written.
    """
    giving.give(settings(), what, opinion, who=who, why=why)


@lru_cache(maxsize=8)
def _settings(config: str | None, db: str | None) -> Settings:
    return settings_file.load(Path(config) if config else None, db=Path(db) if db else None)


@st.cache_data(max_entries=ANSWERS_KEPT, show_spinner=False)
def _judged(path: str, version: str, _database: Database) -> None:  # noqa: ARG001
    bring_up_to_date(_database)


@st.cache_data(max_entries=ANSWERS_KEPT, max_size=ANSWERS_MAX_SIZE, show_spinner=False)
def _answer(
    path: str,  # noqa: ARG001
    version: str,  # noqa: ARG001
    name: str,  # noqa: ARG001
    key: str,  # noqa: ARG001
    _reader: Reader,
    _question: Callable[..., Any],
    _details: tuple[Any, ...],
    _filters: dict[str, Any],
) -> Any:
    return _question(_reader, *_details, **_filters)
