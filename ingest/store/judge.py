"""Decides between reports: the same bytes again, a newer version of the same report, or something new.

A version is as old as its earliest delivery, and the youngest complete version counts. So the order in which mails arrive, how they are cut into
batches, and how often each comes do not matter.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.model import Fate, Kept

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime
    from uuid import UUID

    import duckdb

    from ingest.model import ReadMail, ReadPayload, Relabelled

_KNOWN = """
SELECT payload_sha256, report_key, received_utc, fate, records, messages FROM report
WHERE payload_sha256 IN (SELECT unnest($1::VARCHAR[])) OR report_key IN (SELECT unnest($2::UUID[]))
"""
_COUNTABLE = (Fate.ACCEPTED, Fate.SUPERSEDED)
_SAME = "the same report, byte for byte, is here already"


@dataclass(slots=True)
class Version:
    """One version of a report, stored already or new in this batch."""

    kept: Kept
    key: UUID
    received_utc: datetime  # of its earliest delivery
    fate: Fate
    stored: tuple[Fate, datetime] | None = None  # fate and received_utc in the database; None: new
    line: Judged | None = None  # the payload of this batch that stands for it

    @property
    def age(self) -> tuple[datetime, str]:
        """The newest received wins; between equals the hash decides, so that the order of loading does not."""
        return (self.received_utc, self.kept.payload_sha256)

    @property
    def changed(self) -> bool:
        """Whether the database holds something else about it."""
        return self.stored is not None and self.stored != (self.fate, self.received_utc)


@dataclass(slots=True)
class Judged:
    """A payload with its final fate, once the judge has settled."""

    payload: ReadPayload
    fate: Fate
    reason: str
    version: Version | None = None
    is_new: bool = False  # its report is not stored yet
    replaced: list[Kept] = field(default_factory=list)  # stored versions that no longer count because of it
    restored: list[Kept] = field(default_factory=list)  # stored versions that count again because of it
    relabelled: list[Relabelled] = field(default_factory=list)

    def kept(self) -> list[Kept]:
        """The reports that count from now on: its own, and what it restored."""
        own = [self.version.kept] if self.version is not None and self.fate is Fate.ACCEPTED else []
        return own + self.restored


class Judge:
    """Knows every stored version that a batch may touch, and those of the batch itself."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, mails: Sequence[ReadMail], now: datetime) -> None:
        reports = [(p.sha256, p.report.key) for mail in mails for p in mail.payloads if p.report is not None]
        found = connection.execute(_KNOWN, [[sha for sha, _ in reports], [key for _, key in reports]]).fetchall()
        self._now = now
        self._versions = {
            sha: Version(Kept(sha, records, messages), key, received, Fate(fate), (Fate(fate), received))
            for sha, key, received, fate, records, messages in found
        }
        self._causes: dict[UUID, Judged] = {}  # key → the last payload of this batch that speaks of it

    def mail(self, mail: ReadMail) -> list[Judged]:
        """The payloads of one mail; their fates are final after `settle`."""
        received = mail.received_utc or mail.ingested_utc or self._now
        return [self._payload(payload, received) for payload in mail.payloads]

    def _payload(self, payload: ReadPayload, received: datetime) -> Judged:
        if payload.report is None:
            return Judged(payload, payload.fate, payload.reason)
        version = self._versions.get(payload.sha256)
        if version is not None:
            return self._again(payload, version, received)
        kept = Kept(payload.sha256, len(payload.report.records), payload.report.messages)
        version = Version(kept, payload.report.key, received, payload.fate)
        judged = Judged(payload, payload.fate, payload.reason, version, is_new=True)
        version.line = judged
        self._versions[payload.sha256] = version
        self._causes[version.key] = judged
        return judged

    def _again(self, payload: ReadPayload, version: Version, received: datetime) -> Judged:
        """One more delivery of a version: it may be earlier, or undamaged where the first was not."""
        judged = Judged(payload, Fate.DUPLICATE, _SAME, version)
        self._causes[version.key] = judged
        version.received_utc = min(version.received_utc, received)
        if payload.fate is Fate.ACCEPTED and version.fate not in _COUNTABLE:
            judged.fate, judged.reason = Fate.ACCEPTED, ""
            version.fate, version.line = Fate.ACCEPTED, judged
        return judged

    def settle(self) -> None:
        """Of all complete versions of one report the newest counts."""
        versions: dict[UUID, list[Version]] = {key: [] for key in self._causes}
        for version in self._versions.values():
            if version.key in versions and version.fate in _COUNTABLE:
                versions[version.key].append(version)
        for key, candidates in versions.items():
            newest = max(candidates, key=lambda version: version.age, default=None)
            for version in candidates:
                version.fate = Fate.ACCEPTED if version is newest else Fate.SUPERSEDED
                if newest is not None:
                    _tell(version, newest, self._causes[key])

    def changes(self) -> Iterator[tuple[Version, Judged, str]]:
        """Stored versions that are now something else, the payload that did it, and the reason in words."""
        for version in self._versions.values():
            if version.changed:
                yield version, self._causes[version.key], self._reason(version)

    def _reason(self, version: Version) -> str:
        rivals = (v for v in self._versions.values() if v.key == version.key and v.fate is Fate.ACCEPTED)
        newest = next(rivals, None)
        return _newer(newest) if version.fate is Fate.SUPERSEDED and newest is not None else ""


def _tell(version: Version, newest: Version, cause: Judged) -> None:
    """The payload of this batch that stands for `version`, or the one that changed it, knows what became of it."""
    if version.line is not None:
        version.line.fate = version.fate
        version.line.reason = "" if version is newest else _newer(newest)
    elif version.stored is not None and version.stored[0] is not version.fate:
        (cause.restored if version is newest else cause.replaced).append(version.kept)


def _newer(version: Version) -> str:
    return f"a newer version of the same report counts instead (payload {version.kept.payload_sha256[:12]})"


_GOOD = (Fate.ACCEPTED, Fate.SUPERSEDED, Fate.DUPLICATE)
_BAD = (Fate.PARTIAL, Fate.QUARANTINED, Fate.REJECTED)


def mail_fate(payloads: Iterable[Fate]) -> Fate:
    """The fate of a mail: the best of its payloads, but "partial" when some of them are good and some are not."""
    fates = set(payloads)
    good = next((fate for fate in _GOOD if fate in fates), None)
    bad = next((fate for fate in _BAD if fate in fates), None)
    if good is not None and bad is not None:
        return Fate.PARTIAL
    return good or bad or Fate.REJECTED
