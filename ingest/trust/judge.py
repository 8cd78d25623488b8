"""The step that gives every report its trust level: 3 proven and known, 2 proven, 1 unverified, 0 forged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ingest import sniff
from ingest.model import Fate
from ingest.trust import aliases, names, proof
from ingest.trust.binding import Binding, bind, claims
from ingest.trust.evidence import Verdict, as_json
from ingest.trust.head import Head, head

if TYPE_CHECKING:
    from datetime import datetime

    from ingest.model import RawMail, ReadMail, ReadPayload, Report
    from ingest.settings import TrustSettings
    from ingest.trust.aliases import Aliases, Reporter
    from ingest.trust.keys import Keys
    from ingest.trust.proof import Proof

FRESH = timedelta(
    days=7
)  # keys are withdrawn some time after use: in older mail a missing or changed key proves nothing


@dataclass(frozen=True, slots=True)
class _Mail:
    """What all reports of a mail share."""

    raw: RawMail
    mail: ReadMail
    head: Head

    @property
    def received(self) -> datetime | None:
        return self.mail.received_utc or self.raw.ingested_utc

    @property
    def fresh(self) -> bool:
        """Whether it came lately when it was taken in."""
        now, received = self.raw.ingested_utc, self.mail.received_utc
        return now is None or received is None or now - received <= FRESH


class TrustJudge:
    """A step of the pipeline, good for one run: it remembers the keys that it asked for."""

    def __init__(
        self, settings: TrustSettings, *, quarantine: bool, keys: Keys | None = None, table: Aliases | None = None
    ) -> None:
        """A judge; nothing is asked of DNS yet.

        Args:
            settings: whose headers are believed, whether DNS is asked, and from which level on reports count.
            quarantine: whether accepted reports below that level are quarantined; else only the level is set.
            keys: where DKIM keys come from; DNS when not given.
            table: the reporters that are known; the table that ships when not given.

        Raises:
            SettingsError: a name server in the settings is not an address.
        """
        self._settings, self._quarantine = settings, quarantine
        self._keys = (keys or _keys(settings)) if settings.verify_dkim else None
        self._table = table or aliases.known()

    def __call__(self, raw: RawMail, mail: ReadMail) -> ReadMail:
        """`mail` with level and evidence on every report. DNS is asked only where no header decides and somebody could be proven."""
        if not any(payload.report for payload in mail.payloads):
            return mail
        if not sniff.is_mail(raw.body):
            return replace(mail, payloads=tuple(self._bare(payload, mail) for payload in mail.payloads))
        seen = _Mail(raw, mail, head(raw.body))
        shown = self._proof(seen)
        return replace(mail, payloads=tuple(self._judged(payload, seen, shown) for payload in mail.payloads))

    def _proof(self, seen: _Mail) -> Proof:
        sender_domain = seen.head.domain
        found = proof.by_header(seen.head, self._settings.authserv_ids)
        if found is not None:
            return found
        said = [claims(payload, payload.report, seen.mail) for payload in seen.mail.payloads if payload.report]
        if all(bind(one, seen.head.sender, self._table).stranger for one in said):
            return proof.nothing(sender_domain, "not asked")
        if self._keys is None:
            return proof.nothing(sender_domain, "not checked")
        known = self._table.at(seen.head.sender) is not None
        return proof.by_signature(seen.raw.body, seen.head, self._keys, received=seen.received, known=known)

    def _bare(self, payload: ReadPayload, mail: ReadMail) -> ReadPayload:
        if payload.report is None:
            return payload
        verdict = Verdict(1, "a bare file: nothing says where it came from")
        said = claims(payload, payload.report, mail)
        return self._marked(payload, verdict, as_json(verdict, proof.nothing(None, "bare file"), said, None))

    def _judged(self, payload: ReadPayload, seen: _Mail, shown: Proof) -> ReadPayload:
        if payload.report is None:
            return payload
        said = claims(payload, payload.report, seen.mail)
        bound = bind(said, seen.head.sender, self._table)
        signer = next((reporter for reporter in said.reporters(self._table) if reporter.signs), None)
        verdict = _forged(shown, bound, seen) or _unsigned(shown, signer, payload.report, seen) or _level(shown, bound)
        return self._marked(payload, verdict, as_json(verdict, shown, said, bound))

    def _marked(self, payload: ReadPayload, verdict: Verdict, evidence: str) -> ReadPayload:
        marked = replace(payload, trust=verdict.level, trust_evidence=evidence)
        if not self._quarantine or payload.fate is not Fate.ACCEPTED or verdict.level >= self._settings.minimum:
            return marked
        label = "forged" if verdict.level == 0 else "not trusted enough"
        return replace(marked, fate=Fate.QUARANTINED, reason=f"{label}: {verdict.why}")


def _keys(settings: TrustSettings) -> Keys:
    from ingest.trust.keys import Keys  # with a resolver and cryptography behind it, which only asking needs

    return Keys(settings)


def _forged(shown: Proof, bound: Binding, seen: _Mail) -> Verdict | None:
    """Level 0 where who sent it contradicts what it says."""
    if shown.refuted:
        return Verdict(
            0,
            f"the mail says it comes from {shown.from_domain}, but our mail server found {shown.result} for that domain",
        )
    if bound.stranger is not None:
        sender = f"comes from {seen.head.domain}" if seen.head.domain else "has no single address in From"
        return Verdict(
            0,
            f"the report says it is from {bound.stranger.reporter}, but the mail {sender}, which {bound.stranger.reporter} does not use",
        )
    return None


def _unsigned(shown: Proof, signer: Reporter | None, report: Report, seen: _Mail) -> Verdict | None:
    """Level 0 for a report that claims to be of a reporter who signs every mail (`signer`), in a mail that is not signed by it."""
    if signer is None:
        return None
    says = f"the mail says it comes from {shown.from_domain}"
    if shown.unsigned(fresh=seen.fresh):
        return Verdict(
            0,
            f"{says}, but carries no valid DKIM signature of it ({shown.result}), and {signer.reporter} signs every report",
        )
    if shown.altered() and not _subject_names(report, shown, seen):
        return Verdict(0, f"{says}, but its signed header belongs to another report")
    return None


def _subject_names(report: Report, shown: Proof, seen: _Mail) -> bool:
    """Whether the signed subject speaks of this very report, so that only the way here can have changed the body."""
    subject = (seen.mail.subject or "").lower()
    words = {names.domain(word) or word.strip("<>;") for word in subject.split()}
    return shown.subject_signed and report.policy_domain in words and report.report_id.lower() in words


def _level(shown: Proof, bound: Binding) -> Verdict:
    if shown.holds and bound.bound:
        return Verdict(
            3 if bound.known else 2,
            f"{shown.domain} is proven ({shown.way}: {shown.result}) and {bound.why}"
            + ("" if bound.known else ", a reporter that is not in our table"),
        )
    if shown.holds:
        return Verdict(1, f"{shown.domain} is proven ({shown.way}: {shown.result}), but {bound.why}")
    if shown.altered():
        return Verdict(1, "unverified: the header is as it was signed, but the body was changed on the way")
    return Verdict(
        1, f"unverified: nothing proves that {shown.from_domain or 'the sender'} sent it ({shown.way}: {shown.result})"
    )
