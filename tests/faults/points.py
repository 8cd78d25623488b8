"""Where a poll can be made to die: before, after or in the middle of a named step, or at its n-th call of a function of ours."""

from __future__ import annotations

import functools
import importlib
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from types import FrameType
    from typing import Self

    from ingest.model import RawMail, ReadMail
    from ingest.settings import Limits

INGEST = f"{os.sep}ingest{os.sep}"

# step → where it is: module, then class or function, then method
STEPS: dict[str, tuple[str, ...]] = {
    "spool batch": ("ingest.spool", "DiskSpool", "keep"),
    "spool file": ("ingest.spool", "DiskSpool", "_write"),
    "fsync": ("os", "fsync"),
    "rename": ("pathlib", "Path", "replace"),
    "journal": ("ingest.journal", "Journal", "_append"),
    "connect": ("duckdb", "connect"),
    "begin": ("duckdb", "begin"),
    "statement": ("duckdb", "execute"),
    "commit": ("duckdb", "commit"),
    "checkpoint": ("duckdb", "close"),
    "store batch": ("ingest.store.write", "DuckStore", "add"),
    "file batch": ("ingest.mailbox.imap", "ImapMailbox", "file"),
    "file again": ("ingest.mailbox.imap", "ImapMailbox", "refile"),
    "imap select": ("imapclient", "IMAPClient", "select_folder"),
    "imap search": ("imapclient", "IMAPClient", "search"),
    "imap fetch": ("imapclient", "IMAPClient", "fetch"),
    "imap create": ("imapclient", "IMAPClient", "create_folder"),
    "imap move": ("imapclient", "IMAPClient", "move"),
    "imap flag": ("imapclient", "IMAPClient", "add_flags"),
    "imap logout": ("imapclient", "IMAPClient", "logout"),
    "look up": ("ingest.enrich", "LocalEnricher", "look_up"),
    "keep sources": ("ingest.store.sources", "keep"),
}


def die() -> None:
    """Nothing more happens in this process: no clean-up, no flush."""
    os.kill(os.getpid(), signal.SIGKILL)


def set_constants(values: dict[str, Any]) -> None:
    """Shorter pauses and smaller batches: "module:NAME" → value."""
    for where, value in values.items():
        module, name = where.split(":")
        setattr(importlib.import_module(module), name, tuple(value) if isinstance(value, list) else value)


class ReadHere:
    """Stands in for the processes that read mails: starting one takes longer than all the rest of a small poll."""

    def __init__(self, limits: Limits, _settings: object, _parsing: object) -> None:
        self._limits = limits

    def start(self) -> None:
        return

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def __call__(self, mails: Sequence[RawMail]) -> list[ReadMail]:
        from ingest.reading import read_all

        return read_all(mails, self._limits)


def read_here() -> None:
    """Mails are read in this process, which changes nothing about what is stored."""
    from ingest import wiring

    vars(wiring)["Workers"] = ReadHere


def arm(point: dict[str, Any] | None, call: int | None, *, counting: bool = False) -> Callable[[], int]:
    """This process dies at `point`, or at its `call`-th call of a function in ingest; gives the number of calls so far."""
    if point is not None:
        _arm_step(**point)
    return _count_calls(call) if counting or call is not None else lambda: 0


def _count_calls(fatal: int | None) -> Callable[[], int]:
    made = 0

    def note(frame: FrameType, event: str, _argument: object) -> None:
        nonlocal made
        if event in ("call", "return") and INGEST in frame.f_code.co_filename:
            made += 1
            if made == fatal:
                die()

    threading.setprofile(note)
    sys.setprofile(note)
    return lambda: made


def _arm_step(step: str, when: str, number: int, delay_s: float = 0.0) -> None:
    """`when`: before, half, during (`delay_s` after it began) or after the `number`-th time."""
    module, *path = STEPS[step]
    if module == "duckdb" and path != ["connect"]:
        _arm_duckdb(path[0], when, number, delay_s)
        return
    owner: Any = importlib.import_module(module)
    for name in path[:-1]:
        owner = getattr(owner, name)
    original = vars(owner)[path[-1]]
    static = isinstance(original, staticmethod)
    halves: dict[str, Callable[..., None]] = {"spool file": _half_a_file, "journal": _half_a_line}
    deadly = _deadly(original.__func__ if static else original, when, number, delay_s, half=halves.get(step))
    setattr(owner, path[-1], staticmethod(deadly) if static else deadly)


def _deadly(
    original: Callable[..., Any], when: str, number: int, delay_s: float, *, half: Callable[..., None] | None = None
) -> Callable[..., Any]:
    times = 0

    @functools.wraps(original)
    def wrapped(*arguments: Any, **named: Any) -> Any:
        nonlocal times
        times += 1
        if times != number:
            return original(*arguments, **named)
        if when == "before":
            die()
        if when == "half" and half is not None:
            half(*arguments)
            die()
        if when == "during":
            threading.Timer(delay_s, die).start()
        result = original(*arguments, **named)
        if when == "after":
            die()
        return result

    return wrapped


def _half_a_file(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_name(f".{path.name}.{os.getpid()}").write_bytes(body[: len(body) // 2])


def _half_a_line(journal: Any, entries: list[dict[str, Any]]) -> None:
    import json

    text = "".join(json.dumps(entry) + "\n" for entry in entries)
    journal.path.parent.mkdir(parents=True, exist_ok=True)
    with journal.path.open("ab") as file:
        file.write(text[: len(text) // 2].encode())


class _Connection:
    """A DuckDB connection of which one method is deadly."""

    def __init__(self, connection: Any, name: str, deadly: Callable[..., Any]) -> None:
        self._connection, self._name, self._deadly = connection, name, deadly

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._connection, name)
        return functools.partial(self._deadly, found) if name == self._name else found


def _arm_duckdb(method: str, when: str, number: int, delay_s: float) -> None:
    import duckdb

    connect = duckdb.connect

    def call(found: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        return found(*arguments, **named)

    deadly = _deadly(call, when, number, delay_s)

    def connected(*arguments: Any, **named: Any) -> Any:
        return _Connection(connect(*arguments, **named), method, deadly)

    duckdb.connect = connected
