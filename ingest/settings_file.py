"""Reads the TOML file: finds it, checks every key and type, and says "did you mean" about the rest."""

from __future__ import annotations

import difflib
import math
import os
import tomllib
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, TypeVar

from ingest.errors import SettingsError
from ingest.settings import (
    EnrichSettings,
    Gates,
    Limits,
    MailboxSettings,
    Parsing,
    ServeSettings,
    Settings,
    TrustSettings,
    WatchSettings,
    WorkerSettings,
)

T = TypeVar("T")
_TABLES = {
    "limits": Limits,
    "gates": Gates,
    "trust": TrustSettings,
    "worker": WorkerSettings,
    "parsing": Parsing,
    "enrich": EnrichSettings,
    "watch": WatchSettings,
    "serve": ServeSettings,
}
_TOP = ("database", "domains", "mailbox", *_TABLES)


def load(path: Path | None = None, *, db: Path | None = None) -> Settings:
    """The settings of `path`, or of the first file in the usual places, or the defaults when there is none.

    The usual places: $WHOSENDS_CONFIG, ./whosends.toml, ~/.config/whosends/whosends.toml. `db` (or $WHOSENDS_DB) wins over the file.

    Raises:
        SettingsError: the file is missing, not TOML, or holds a key or value that is not known.
    """
    source = path or _usual_place()
    raw = _read(source) if source else {}
    where = str(source)
    _refuse_unknown(raw, _TOP, where)
    base = source.parent if source else Path()
    chosen = db or _environment_path("WHOSENDS_DB") or _database(raw, where, base) or default_database()
    tables: dict[str, Any] = {
        name: _table(kind, raw.get(name, {}), f"{where} [{name}]", base) for name, kind in _TABLES.items()
    }
    mailboxes = tuple(_mailboxes(raw.get("mailbox", []), where, base))
    domains = _domains(raw.get("domains", []), where)
    return Settings(db=chosen.expanduser(), domains=domains, mailboxes=mailboxes, source=source, **tables)


def default_database() -> Path:
    """Where the database is when nobody says otherwise: the user's data folder."""
    data_home = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(data_home) / "whosends" / "whosends.duckdb"


def default_config() -> Path:
    """Where `whosends init` writes: the user's configuration folder."""
    config_home = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(config_home) / "whosends" / "whosends.toml"


def _environment_path(name: str) -> Path | None:
    value = os.environ.get(name)
    return Path(value) if value else None


def _usual_place() -> Path | None:
    named = _environment_path("WHOSENDS_CONFIG")
    if named is not None:
        return named
    return next((place for place in (Path("whosends.toml"), default_config()) if place.is_file()), None)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SettingsError(f"{path}: no such file", hint="`whosends init` writes one") from error
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: not valid TOML: {error}") from error


def _refuse_unknown(table: dict[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in table:
        if key in known:
            continue
        near = difflib.get_close_matches(key, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known keys: {', '.join(sorted(known))}"
        if key == "password":
            hint = "a password never stands in this file: use password_env or password_file"
        raise SettingsError(f"{where}: unknown key {key!r}", hint=hint)


def _database(raw: dict[str, Any], where: str, base: Path) -> Path | None:
    value = raw.get("database")
    if value is None:
        return None
    if not isinstance(value, str) or not value:
        raise SettingsError(f"{where}: database must be a path in quotes")
    return base / Path(value).expanduser()


def _domains(value: Any, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(domain, str) for domain in value):
        raise SettingsError(f"{where}: domains must be a list of names", hint='domains = ["example.com"]')
    return tuple(domain.strip().lower().rstrip(".") for domain in value)


def _mailboxes(value: Any, where: str, base: Path) -> list[MailboxSettings]:
    if not isinstance(value, list) or not all(isinstance(table, dict) for table in value):
        raise SettingsError(f"{where}: mailbox must be written as [[mailbox]], once for each")
    found = [
        _table(MailboxSettings, table, f"{where} [[mailbox]] {number}", base) for number, table in enumerate(value, 1)
    ]
    names = [mailbox.name for mailbox in found]
    for name in names:
        if names.count(name) > 1:
            raise SettingsError(f"{where}: two mailboxes are called {name!r}", hint="give each its own name")
    return found


def _table(kind: type[T], raw: Any, where: str, base: Path) -> T:
    if not isinstance(raw, dict):
        raise SettingsError(f"{where}: must be a table")
    known = {entry.name: entry for entry in fields(kind)}  # type: ignore[arg-type]
    _refuse_unknown(raw, tuple(known), where)
    missing = [name for name, entry in known.items() if entry.default is MISSING and name not in raw]
    if missing:
        raise SettingsError(f"{where}: {missing[0]} is missing")
    return kind(**{key: _value(known[key], value, where, base) for key, value in raw.items()})


def _value(entry: Field[Any], value: Any, where: str, base: Path) -> Any:
    kind = str(entry.type)
    wrong = SettingsError(
        f"{where}: {entry.name} = {value!r} is not {_WORDS.get(kind.split(' ', maxsplit=1)[0], kind)}"
    )
    if kind.startswith("Path"):
        if not isinstance(value, str):
            raise wrong
        return base / Path(value).expanduser()
    if kind.startswith("tuple"):
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise wrong
        return tuple(value)
    if kind.startswith("bool"):
        accepted: tuple[type, ...] = (bool,)
    elif kind.startswith("int"):
        accepted = (int,)
    else:
        accepted = (int, float) if kind.startswith("float") else (str,)
    if not isinstance(value, accepted) or (isinstance(value, bool) and accepted != (bool,)):
        raise wrong
    if entry.name in _MAY_BE_0 and value == 0:
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        _check_number(f"{where}: {entry.name}", value, largest=65_535 if entry.name == "port" else math.inf)
    return value


def _check_number(where: str, value: float, largest: float) -> None:
    if not 0 < value < math.inf:
        raise SettingsError(f"{where} must be greater than 0")
    if value > largest:
        raise SettingsError(f"{where} must be {largest:,} or less")


_MAY_BE_0 = {"compared_percent", "processes"}
_WORDS = {
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "str": "a text",
    "tuple[str,": "a list of texts",
}
