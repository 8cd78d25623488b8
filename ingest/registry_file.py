"""The registry of senders as a TOML file that people keep under version control: one `[[sender]]` for each entry."""

from __future__ import annotations

import difflib
import json
import tomllib
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from ingest import registry
from ingest.errors import SettingsError
from ingest.registry import Decision, Entry
from ingest.rules import parsed

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_TEXTS = ("name", "owner", "ticket", "note")
_DAYS = ("valid_from", "valid_to")
_KINDS: dict[str, tuple[type, str]] = {
    "id": (str, "text"),
    "decision": (str, "text"),
    "domains": (list, "a list of texts"),
    "rules": (list, "a list of texts"),
    "critical": (bool, "true or false"),
    **dict.fromkeys(_TEXTS, (str, "text")),
    **dict.fromkeys(_DAYS, (date, "a day such as 2026-01-31, without quotes")),
}
_NEEDED = ("id", "decision", "domains", "rules")


def written(entries: Iterable[Entry]) -> str:
    """The entries as TOML, by their id; what is empty is left out. `read` gives them back."""
    ordered = sorted(entries, key=lambda entry: entry.entry_id)
    return "\n".join("".join(f"{line}\n" for line in _lines(entry)) for entry in ordered)


def _lines(entry: Entry) -> Iterable[str]:
    yield "[[sender]]"
    yield f"id = {_quoted(entry.entry_id)}"
    yield f"name = {_quoted(entry.name)}"
    yield f"decision = {_quoted(entry.decision.value)}"
    yield f"domains = [{', '.join(map(_quoted, entry.domains))}]"
    yield "rules = ["
    for rule in entry.rules:
        yield f"    {_quoted(rule.short(entry.domains))},"
    yield "]"
    for name in ("owner", "ticket", "note"):
        if text := getattr(entry, name):
            yield f"{name} = {_quoted(text)}"
    if entry.critical:
        yield "critical = true"
    for name in _DAYS:
        if day := getattr(entry, name):
            yield f"{name} = {day.isoformat()}"


def _quoted(text: str) -> str:
    """A basic string of TOML: as in JSON, but for one sign."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")


def read(path: Path) -> list[Entry]:
    """The entries of the file, in its order.

    Raises:
        SettingsError: it cannot be read, is not TOML, or an entry cannot be so; says which one.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from error
    return told(content, str(path))


def told(content: bytes, name: str) -> list[Entry]:
    """The entries of a file with that content, in its order; `name` stands in the messages.

    Raises:
        SettingsError: it is not TOML, or an entry cannot be so; says which one.
    """
    try:
        said = tomllib.loads(content.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SettingsError(f"{name}: {error}", hint="`whosends senders export` shows how such a file looks") from error
    _refuse_unknown(said, ("sender",), name)
    tables = said.get("sender", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise SettingsError(f"{name}: sender is no list of tables", hint="begin each entry with [[sender]]")
    entries = [_entry(table, f"{name}: sender {number}") for number, table in enumerate(tables, 1)]
    seen: set[str] = set()
    for entry in entries:
        if entry.entry_id in seen:
            raise SettingsError(f"{name}: there are two senders {entry.entry_id!r}", hint="an id names one entry")
        seen.add(entry.entry_id)
    return entries


def _entry(table: dict[str, Any], where: str) -> Entry:
    where = f"{where} ({table['id']})" if isinstance(table.get("id"), str) else where
    _refuse_unknown(table, tuple(_KINDS), where)
    for name in _NEEDED:
        if name not in table:
            raise SettingsError(f"{where}: {name} is missing")
    for name, value in table.items():
        _refuse_wrong(name, value, where)
    if table["decision"] not in set(Decision):
        raise SettingsError(f"{where}: decision = {table['decision']!r}", hint=f"one of {', '.join(Decision)}")
    try:
        domains = registry.domains_of(table["domains"])
        rules = tuple(parsed(text, domains) for text in table["rules"])
        more = {name: table[name] for name in (*_TEXTS, *_DAYS, "critical") if name in table}
        named = {"entry_id": table["id"], "name": table["id"]}
        return registry.checked(
            Entry(**named | more, decision=Decision(table["decision"]), domains=domains, rules=rules)
        )
    except SettingsError as error:
        raise SettingsError(f"{where}: {error.message}", hint=error.hint) from error


def _refuse_wrong(name: str, value: Any, where: str) -> None:
    kind, words = _KINDS[name]
    fits = isinstance(value, kind) and not isinstance(value, datetime)
    if not fits or (kind is list and not all(isinstance(one, str) for one in value)):
        raise SettingsError(f"{where}: {name} = {value!r} is not {words}")


def _refuse_unknown(table: dict[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known keys: {', '.join(known)}"
            raise SettingsError(f"{where}: unknown key {key!r}", hint=hint)
