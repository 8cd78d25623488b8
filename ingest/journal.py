"""The spool's diary: one line per delivery and per act of a person, appended and fsynced, never changed.

With the raw mails beside it, it is enough to rebuild the whole database: where each mail was found and when, and what people decided.
"""

from __future__ import annotations

import json
import os
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ingest.errors import StoreError
from ingest.model import Act, Origin, RawMail

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

NAME = "journal.jsonl"


class Journal:
    """`journal.jsonl` in the spool. A line that a crash cut short is skipped: what it spoke of was not committed either."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME

    def deliveries(self, mails: Sequence[RawMail]) -> None:
        """One line for each of `mails` is on disk.

        Raises:
            StoreError: the disk refused.
        """
        self._append([{"mail": mail.sha256, **_delivery(mail)} for mail in mails])

    def act(self, act: Act) -> None:
        """The act is on disk.

        Raises:
            StoreError: the disk refused.
        """
        self._append([{"act": {name: _text(getattr(act, name)) for name in Act.__slots__}}])

    def entries(self) -> Iterator[tuple[str, RawMail] | Act]:
        """Everything that was written, oldest first: (sha256, mail without its body) for a delivery, or an act."""
        try:
            lines = self.path.read_bytes().splitlines()
        except FileNotFoundError:
            return
        for line in lines:
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if "act" in entry:
                yield _act(entry["act"])
            else:
                yield entry["mail"], _mail(entry)

    def _append(self, entries: list[dict[str, Any]]) -> None:
        text = "".join(json.dumps(entry, ensure_ascii=True, sort_keys=True) + "\n" for entry in entries)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab", buffering=0) as file:
                start = b"\n" if _ends_torn(self.path) else b""
                file.write(start + text.encode("ascii"))
                os.fsync(file.fileno())
        except OSError as error:
            raise StoreError(f"{self.path}: {error.strerror}", hint="is the disk full?") from error


def _ends_torn(path: Path) -> bool:
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return False
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"


def _delivery(mail: RawMail) -> dict[str, Any]:
    origin = {name: getattr(mail.origin, name) for name in Origin.__slots__ if getattr(mail.origin, name) is not None}
    return {
        "origin": origin,
        "received_utc": _text(mail.received_utc),
        "ingested_utc": _text(mail.ingested_utc),
        "refused": mail.refused,
        "vouched": mail.vouched,
    }


def _mail(entry: dict[str, Any]) -> RawMail:
    return RawMail(
        Origin(**entry["origin"]),
        b"",
        _moment(entry["received_utc"]),
        entry["refused"],
        _moment(entry["ingested_utc"]),
        vouched=entry["vouched"],
    )


def _act(entry: dict[str, Any]) -> Act:
    at = _moment(entry["at_utc"])
    if at is None:
        raise StoreError("an act in the journal has no time", hint="restore the spool from a backup")
    return Act(**{**entry, "at_utc": at})


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
