"""The spool's diary: one line per delivery, per act of a person, per prune and per trust verdict, appended and fsynced, never changed.

With the raw mails beside it, it is enough to rebuild the whole database: where each mail was found and when, what people decided, and what
was found out at the time and cannot be found out again (DKIM keys rotate).
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from ingest import opinions, registry
from ingest.disk import sync
from ingest.errors import SettingsError, refused_by_system
from ingest.model import Act, Origin, Prune, RawMail
from ingest.opinions import OpinionAct
from ingest.registry import SenderAct

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ingest.model import Deed, ReadMail, ReadPayload

NAME = "journal.jsonl"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A mail that came in: the sha256 of its bytes, and all else that is known of it (the body is empty)."""

    sha256: str
    mail: RawMail


@dataclass(frozen=True, slots=True)
class Verdict:
    """How far a report was to be believed when its mail came in."""

    mail_sha256: str
    payload_sha256: str
    ingested_utc: datetime | None  # of the batch: the same mail may be judged again when it is loaded again
    trust: int
    evidence: str | None  # JSON


Entry = Delivery | Act | Prune | SenderAct | OpinionAct | Verdict


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

    def acts(self, acts: Sequence[Deed]) -> None:
        """The acts and prunes are on disk.

        Raises:
            StoreError: the disk refused.
        """
        self._append([{_kind(act): {name: _text(getattr(act, name)) for name in act.__slots__}} for act in acts])

    def sender_acts(self, acts: Sequence[SenderAct]) -> None:
        """The acts are on disk.

        Raises:
            StoreError: the disk refused.
        """
        self._append([{"sender": _sender_act(act)} for act in acts])

    def opinion_acts(self, acts: Sequence[OpinionAct]) -> None:
        """The acts are on disk.

        Raises:
            StoreError: the disk refused.
        """
        rows = [opinions.plain(act) for act in acts]
        self._append([{"opinion": {name: _text(value) for name, value in row.items()}} for row in rows])

    def verdicts(self, mails: Sequence[ReadMail]) -> None:
        """The trust level of every report in `mails` that has one is on disk.

        Raises:
            StoreError: the disk refused.
        """
        self._append(
            [{"verdict": _verdict(mail, one)} for mail in mails for one in mail.payloads if one.trust is not None]
        )

    def size(self) -> int:
        """Bytes written so far: what is before this never changes."""
        return self.path.stat().st_size if self.path.exists() else 0

    def entries(self, start: int = 0) -> Iterator[tuple[int, Entry]]:
        """Everything that was written from byte `start` on, oldest first, each with the byte at which its line ends.

        Raises:
            StoreError: it cannot be read.
        """
        for end, line in self._lines(start):
            entry = _parsed(line)
            if entry is not None:
                yield end, entry

    def known_acts(self) -> list[Deed]:
        """All acts and prunes, oldest first.

        Raises:
            StoreError: the journal cannot be read.
        """
        found = (_parsed(line) for _, line in self._lines(0) if line.startswith((b'{"act"', b'{"prune"')))
        return [entry for entry in found if isinstance(entry, Act | Prune)]

    def known_sender_acts(self) -> list[SenderAct]:
        """All acts about senders, oldest first.

        Raises:
            StoreError: the journal cannot be read.
        """
        found = (_parsed(line) for _, line in self._lines(0) if line.startswith(b'{"sender"'))
        return [entry for entry in found if isinstance(entry, SenderAct)]

    def known_opinion_acts(self) -> list[OpinionAct]:
        """All acts about verdicts, oldest first.

        Raises:
            StoreError: the journal cannot be read.
        """
        found = (_parsed(line) for _, line in self._lines(0) if line.startswith(b'{"opinion"'))
        return [entry for entry in found if isinstance(entry, OpinionAct)]

    def _lines(self, start: int) -> Iterator[tuple[int, bytes]]:
        try:
            with self.path.open("rb") as file:
                file.seek(start)
                for line in file:
                    start += len(line)
                    if line.endswith(b"\n"):
                        yield start, line
        except FileNotFoundError:
            return
        except OSError as error:
            raise refused_by_system(self.path, error, hint="can the spool be read?") from error

    def _append(self, entries: list[dict[str, Any]]) -> None:
        if not entries:
            return
        text = "".join(json.dumps(entry, ensure_ascii=True, sort_keys=True) + "\n" for entry in entries)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            is_new = not self.path.exists()
            with self.path.open("ab", buffering=0) as file:
                start = b"\n" if _ends_torn(self.path) else b""
                rest = memoryview(start + text.encode("ascii"))
                while rest:
                    rest = rest[file.write(rest) :]
                os.fsync(file.fileno())
            if is_new:
                sync(self.path.parent)
        except OSError as error:
            raise refused_by_system(self.path, error, hint="is the disk full?") from error


def _ends_torn(path: Path) -> bool:
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return False
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"


def _kind(deed: Deed) -> str:
    return "prune" if isinstance(deed, Prune) else "act"


def _delivery(mail: RawMail) -> dict[str, Any]:
    origin = {name: getattr(mail.origin, name) for name in Origin.__slots__ if getattr(mail.origin, name) is not None}
    return {
        "origin": origin,
        "received_utc": _text(mail.received_utc),
        "ingested_utc": _text(mail.ingested_utc),
        "refused": mail.refused,
        "vouched": mail.vouched,
    }


def _verdict(mail: ReadMail, payload: ReadPayload) -> dict[str, Any]:
    return {
        "mail": mail.sha256,
        "payload": payload.sha256,
        "at_utc": _text(mail.ingested_utc),
        "trust": payload.trust,
        "evidence": payload.trust_evidence,
    }


def _sender_act(act: SenderAct) -> dict[str, Any]:
    state = {name: _text(value) for name, value in registry.plain(act.entry).items()}
    return {"at_utc": _text(act.at_utc), "who": act.who, "what": act.what, "why": act.why, "entry": state}


def _decided(said: dict[str, Any]) -> SenderAct:
    state = said["entry"]
    days = {name: date.fromisoformat(state[name]) if state[name] else None for name in ("valid_from", "valid_to")}
    entry = registry.entry_of(state | days)
    return SenderAct(datetime.fromisoformat(said["at_utc"]), said["who"], said["what"], said["why"], entry)


def _opined(said: dict[str, Any]) -> OpinionAct:
    until = date.fromisoformat(said["until"]) if said["until"] else None
    return opinions.act_of(said | {"at_utc": datetime.fromisoformat(said["at_utc"]), "until": until})


def _parsed(line: bytes) -> Entry | None:
    """What a line says; None where it is torn or of a kind that this program does not know."""
    try:
        entry = json.loads(line)
        if "act" in entry:
            return Act(**entry["act"] | {"at_utc": datetime.fromisoformat(entry["act"]["at_utc"])})
        if "prune" in entry:
            said = entry["prune"]
            return Prune(datetime.fromisoformat(said["at_utc"]), said["who"], date.fromisoformat(said["before"]))
        if "sender" in entry:
            return _decided(entry["sender"])
        if "opinion" in entry:
            return _opined(entry["opinion"])
        if "verdict" in entry:
            said = entry["verdict"]
            return Verdict(said["mail"], said["payload"], _moment(said["at_utc"]), said["trust"], said["evidence"])
        return Delivery(entry["mail"], _mail(entry))
    except (ValueError, KeyError, TypeError, SettingsError):
        return None


def _mail(entry: dict[str, Any]) -> RawMail:
    return RawMail(
        Origin(**entry["origin"]),
        b"",
        _moment(entry["received_utc"]),
        entry["refused"],
        _moment(entry["ingested_utc"]),
        vouched=entry["vouched"],
    )


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value  # a datetime is a date, too


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
