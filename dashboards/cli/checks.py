"""What `doctor` looks at, one small check each; the first that fails decides the exit code."""

from __future__ import annotations

import platform
import shutil
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING

from ingest.errors import StoreMissing, WhosendsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ingest.health import Repair
    from ingest.settings import MailboxSettings, Settings

FREE_BYTES = 1_000_000_000
_PACKAGES = ("whosends", "parsedmarc", "duckdb", "pandas", "streamlit")


@dataclass(frozen=True, slots=True)
class Check:
    """One finding: `state` is ok, note (worth knowing) or bad."""

    name: str
    state: str
    message: str
    hint: str = ""
    exit_code: int = 0
    repair: Repair | None = None


def everything(config: Path | None, db: Path | None, *, deep: bool = False) -> list[Check]:
    """All checks, in the order in which things are needed. `deep`: every byte that is kept is read."""
    from dashboards.cli import options

    found = [_versions()]
    try:
        settings = options.settings(config, db)
    except WhosendsError as error:
        return [*found, _bad("configuration", error)]
    return [*found, *_checks(settings, deep=deep)]


def kept(settings: Settings, *, deep: bool = False) -> list[Check]:
    """What is wrong with database, spool and journal."""
    from ingest import custody

    try:
        found = custody.examine(settings, deep=deep)
    except WhosendsError as error:
        return [_bad("what is kept", error)]
    return [
        Check(one.name, "bad" if one.grave else "note", one.message, one.hint, 4 if one.grave else 0, one.repair)
        for one in found
    ]


def _checks(settings: Settings, *, deep: bool) -> Iterator[Check]:
    yield _configuration(settings)
    yield _guarded("database", partial(_database, settings))
    yield from kept(settings, deep=deep)
    yield _disk(settings)
    for mailbox in settings.mailboxes:
        yield _guarded(f"mailbox {mailbox.name}", partial(_mailbox, mailbox))


def _guarded(name: str, look: Callable[[], Check]) -> Check:
    try:
        return look()
    except StoreMissing as error:
        return Check(name, "note", error.message, error.hint)
    except WhosendsError as error:
        return _bad(name, error)


def _bad(name: str, error: WhosendsError) -> Check:
    return Check(name, "bad", error.message, error.hint, error.exit_code)


def _versions() -> Check:
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return Check("versions", "ok", f"Python {platform.python_version()}, {packages}")


def _configuration(settings: Settings) -> Check:
    if settings.source is None:
        return Check("configuration", "note", "none found; defaults are used", "`whosends init` writes one")
    if not settings.mailboxes:
        return Check("configuration", "note", f"{settings.source}: no mailbox in it", "add a [[mailbox]] to poll")
    names = ", ".join(mailbox.name for mailbox in settings.mailboxes)
    return Check("configuration", "ok", f"{settings.source}; mailboxes: {names}")


def _database(settings: Settings) -> Check:
    from analytics.held import status
    from ingest import wiring

    found = status(wiring.database(settings))
    held = sum(number for fate, number in found.payloads.items() if fate in {"partial", "quarantined", "suspect"})
    text = f"{settings.db}: {found.reports:,} reports, {found.records:,} records, {found.messages:,} messages"
    if held:
        return Check(
            "database",
            "note",
            f"{text}; {held:,} payloads are partial, quarantined or suspected duplicates",
            "see `whosends ledger --fate partial`, `--fate quarantined` and `--fate suspect`",
        )
    return Check("database", "ok", text)


def _disk(settings: Settings) -> Check:
    folder = next(place for place in (settings.db.absolute().parent, *settings.db.absolute().parents) if place.exists())
    free = shutil.disk_usage(folder).free
    if free < FREE_BYTES:
        return Check(
            "disk", "bad", f"{folder}: {free / 1e9:.1f} GB free", "make room: nothing can be kept on a full disk", 4
        )
    return Check("disk", "ok", f"{folder}: {free / 1e9:.0f} GB free")


def _mailbox(mailbox: MailboxSettings) -> Check:
    from ingest.mailbox.check import check

    found = check(mailbox)
    abilities = [name for name in ("idle", "move", "uidplus") if getattr(found, name)]
    text = f"{found.host}, folder {found.folder}: {found.mails:,} mails; mode {mailbox.mode}; server has {', '.join(abilities) or 'no extras'}"
    return Check(f"mailbox {mailbox.name}", "ok", text)
