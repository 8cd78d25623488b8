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
SELECT payload_sha256, report_key, received_utc, fate, records, messages, trust, trust_evidence, pruned_content IS NOT NULL FROM report
WHERE payload_sha256 IN (SELECT unnest($1::VARCHAR[])) OR report_key IN (SELECT unnest($2::UUID[]))
"""
_DECIDED = """
SELECT payload_sha256, arg_max(what, act_no), arg_max(who, act_no), arg_max(why, act_no) FROM act
WHERE payload_sha256 IN (SELECT unnest($1::VARCHAR[])) GROUP BY payload_sha256
"""
COUNTABLE = (Fate.ACCEPTED, Fate.SUSPECT, Fate.SUPERSEDED)  # read completely, and nothing speaks against it
_SAME = "the same report, byte for byte, is here already"
_ROW = """to_json(struct_pack(
    source_ip, source_ip_raw, messages, disposition, dkim_aligned, spf_aligned, header_from, envelope_from, envelope_to,
    dkim, spf, reasons))::VARCHAR"""
# What the records of a report say, as a hash, in whatever order they are: for reports whose records are gone it is kept.
CONTENT = f"""
md5(concat_ws(' ', count(*), sum(md5_number_lower({_ROW})::HUGEINT), sum(md5_number_upper({_ROW})::HUGEINT)))::UUID
"""


@dataclass(slots=True)
class Version:
    """One version of a report, stored already or new in this batch."""

    kept: Kept
    key: UUID
    received_utc: datetime  # of its earliest delivery
    fate: Fate
    trust: int | None = None  # of its best proven delivery
    trust_evidence: str | None = None
    stored: tuple[Fate, datetime, int | None] | None = None  # fate, received_utc and trust in the database; None: new
    line: Judged | None = None  # the payload of this batch that stands for it
    pruned: bool = False  # its records are gone: its fate is final

    @property
    def age(self) -> tuple[datetime, str]:
        """The newest received wins; between equals the hash decides, so that the order of loading does not."""
        return (self.received_utc, self.kept.payload_sha256)

    def believe(self, payload: ReadPayload) -> None:
        """One delivery that is proven to come from the reporter proves the bytes, however often others send them too."""
        if payload.trust is not None and (self.trust is None or payload.trust > self.trust):
            self.trust, self.trust_evidence = payload.trust, payload.trust_evidence

    @property
    def changed(self) -> bool:
        """Whether the database holds something else about it."""
        return self.stored is not None and self.stored != (self.fate, self.received_utc, self.trust)


@dataclass(frozen=True, slots=True)
class Decision:
    """The last word of a person about a payload."""

    what: str  # accept or reject
    words: str

    def over(self, fate: Fate) -> Fate:
        """What becomes of a payload that would have this fate: a rejection is final, an acceptance releases what was held."""
        if self.what == "reject":
            return Fate.REJECTED
        return Fate.ACCEPTED if fate in {Fate.PARTIAL, Fate.QUARANTINED, Fate.SUSPECT} else fate


def words(what: str, who: str, why: str) -> str:
    """A decision as the reason of a ledger line."""
    return f"{what}ed by {who}: {why}"


def decisions(connection: duckdb.DuckDBPyConnection, payloads: Sequence[str]) -> dict[str, Decision]:
    """What people decided last about these payloads; those that nobody looked at are not in it."""
    found = connection.execute(_DECIDED, [list(payloads)]).fetchall()
    return {sha: Decision(what, words(what, who, why)) for sha, what, who, why in found}


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

    def count(self, kept: Kept, before: Fate, after: Fate) -> None:
        """A stored report counts, or does not count any more, because of this payload."""
        if before is not after and Fate.ACCEPTED in {before, after}:
            (self.restored if after is Fate.ACCEPTED else self.replaced).append(kept)

    def kept(self) -> list[Kept]:
        """The reports that count from now on: its own, and what it restored."""
        own = [self.version.kept] if self.version is not None and self.fate is Fate.ACCEPTED else []
        return own + self.restored


class Judge:
    """Knows every stored version that a batch may touch, and those of the batch itself."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, mails: Sequence[ReadMail], now: datetime) -> None:
        payloads = [payload for mail in mails for payload in mail.payloads]
        reports = [(payload.sha256, payload.report.key) for payload in payloads if payload.report is not None]
        found = connection.execute(_KNOWN, [[sha for sha, _ in reports], [key for _, key in reports]]).fetchall()
        self._now = now
        self._versions = {
            sha: Version(
                Kept(sha, records, messages),
                key,
                received,
                Fate(fate),
                trust=trust,
                trust_evidence=evidence,
                stored=(Fate(fate), received, trust),
                pruned=pruned,
            )
            for sha, key, received, fate, records, messages, trust, evidence, pruned in found
        }
        self._decisions = decisions(connection, [payload.sha256 for payload in payloads] + list(self._versions))
        self._causes: dict[UUID, Judged] = {}  # key → the last payload of this batch that speaks of it

    def mail(self, mail: ReadMail) -> list[Judged]:
        """The payloads of one mail; their fates are final after `settle`."""
        received = mail.received_utc or mail.ingested_utc or self._now
        return [self._payload(payload, received) for payload in mail.payloads]

    def _payload(self, payload: ReadPayload, received: datetime) -> Judged:
        fate, reason = self._decided(payload)
        if payload.report is None:
            return Judged(payload, fate, reason)
        version = self._versions.get(payload.sha256)
        if version is not None:
            return self._again(payload, version, received)
        kept = Kept(payload.sha256, len(payload.report.records), payload.report.messages)
        version = Version(kept, payload.report.key, received, fate)
        version.believe(payload)
        judged = Judged(payload, fate, reason, version, is_new=True)
        version.line = judged
        self._versions[payload.sha256] = version
        self._causes[version.key] = judged
        return judged

    def _decided(self, payload: ReadPayload) -> tuple[Fate, str]:
        """Fate and reason as read, unless a person decided otherwise before."""
        decision = self._decisions.get(payload.sha256)
        if decision is None or (payload.report is None and decision.what == "accept"):
            return payload.fate, payload.reason
        return decision.over(payload.fate), decision.words

    def _again(self, payload: ReadPayload, version: Version, received: datetime) -> Judged:
        """One more delivery of a version: it may be earlier, or undamaged where the first was not."""
        judged = Judged(payload, Fate.DUPLICATE, _SAME, version)
        self._causes[version.key] = judged
        version.received_utc = min(version.received_utc, received)
        version.believe(payload)
        if version.pruned:
            return judged
        if payload.fate is Fate.ACCEPTED and version.fate not in COUNTABLE and not self._is_rejected(version):
            judged.fate, judged.reason = Fate.ACCEPTED, ""
            version.fate, version.line = Fate.ACCEPTED, judged
        elif payload.fate is Fate.PARTIAL and version.fate is Fate.QUARANTINED:
            judged.fate, judged.reason = (
                payload.fate,
                payload.reason,
            )  # of two that are held back the damaged one, in whatever order they come
            version.fate, version.line = Fate.PARTIAL, judged
        return judged

    def _is_rejected(self, version: Version) -> bool:
        decision = self._decisions.get(version.kept.payload_sha256)
        return decision is not None and decision.what == "reject"

    def settle(self) -> None:
        """Of all complete versions of one report the newest counts, unless one counted when its day was closed."""
        versions: dict[UUID, list[Version]] = {key: [] for key in self._causes}
        for version in self._versions.values():
            if version.key in versions and version.fate in COUNTABLE:
                versions[version.key].append(version)
        for key, candidates in versions.items():
            final = [version for version in candidates if version.pruned and version.fate is not Fate.SUPERSEDED]
            counting = max(final or candidates, key=lambda version: version.age, default=None)
            for version in candidates:
                if not version.pruned:
                    version.fate = settled(version.fate, newest=version is counting)
                if counting is not None:
                    self._tell(version, counting, self._causes[key])

    def keys(self) -> list[UUID]:
        """The reports that this batch speaks of."""
        return list(self._causes)

    def twin(self, kept: Kept, fates: tuple[Fate, Fate], reason: str) -> Judged | None:
        """A report has the second of `fates` because of a twin; the payload of this batch that did it, unless the report is one of the batch itself."""
        version = self._versions.get(kept.payload_sha256)
        if version is not None:
            version.fate = fates[1]
            if version.line is not None:
                version.line.fate, version.line.reason = fates[1], reason
                return None
        cause = next(reversed(self._causes.values()))
        cause.count(kept, *fates)
        return cause

    def changes(self) -> Iterator[tuple[Version, Judged, str]]:
        """Stored versions that are now something else, the payload that did it, and the reason in words."""
        for version in self._versions.values():
            if version.changed:
                yield version, self._causes[version.key], self._reason(version)

    def _reason(self, version: Version) -> str:
        rivals = (v for v in self._versions.values() if v.key == version.key and v.fate is Fate.ACCEPTED)
        counting = next(rivals, None)
        if version.fate is Fate.SUPERSEDED and counting is not None:
            return instead(counting.kept.payload_sha256, final=counting.pruned)
        return self._own_words(version)

    def _own_words(self, version: Version) -> str:
        """Why it counts, where a person said so."""
        decision = self._decisions.get(version.kept.payload_sha256)
        return decision.words if decision is not None and version.fate is Fate.ACCEPTED else ""

    def _tell(self, version: Version, counting: Version, cause: Judged) -> None:
        """The payload of this batch that stands for `version`, or the one that changed it, knows what became of it."""
        if version.line is not None:
            version.line.fate = version.fate
            if version is not counting:
                version.line.reason = instead(counting.kept.payload_sha256, final=counting.pruned)
        elif version.stored is not None:
            cause.count(version.kept, version.stored[0], version.fate)


def settled(fate: Fate, *, newest: bool) -> Fate:
    """What becomes of a complete version. Whether the newest is suspected to be another report again is for `twins` to say."""
    if newest:
        return fate if fate is Fate.SUSPECT else Fate.ACCEPTED
    return Fate.SUPERSEDED


def instead(payload_sha256: str, *, final: bool = False) -> str:
    """Why a version does not count; `final`: because the other one counted when its records went."""
    if final:
        return f"another version of the same report counts, and its records are not kept: that is final (payload {payload_sha256[:12]})"
    return f"a newer version of the same report counts instead (payload {payload_sha256[:12]})"


_GOOD = (Fate.ACCEPTED, Fate.SUSPECT, Fate.SUPERSEDED, Fate.DUPLICATE)
_BAD = (Fate.PARTIAL, Fate.QUARANTINED, Fate.REJECTED)


def mail_fate(payloads: Iterable[Fate]) -> Fate:
    """The fate of a mail: the best of its payloads, but "partial" when some of them are good and some are not."""
    fates = set(payloads)
    good = next((fate for fate in _GOOD if fate in fates), None)
    bad = next((fate for fate in _BAD if fate in fates), None)
    if good is not None and bad is not None:
        return Fate.PARTIAL
    return good or bad or Fate.REJECTED
