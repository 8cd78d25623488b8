"""One mail as delivered → everything that is in it, each payload with its fate. Pure: no database, no network."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from ingest import mime, sniff, unpack
from ingest.model import Fate, Kind, ReadMail, ReadPayload, Report
from ingest.normalize import decode, lane, raw, tree
from ingest.normalize.reconcile import Reconciled, reconcile

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.model import Payload, RawMail, Record
    from ingest.normalize.raw import RawReport
    from ingest.settings import Limits

MAX_MESSAGES = 1_000_000_000  # of one record; beyond, a reporter is broken or lying
NEVER = datetime(2100, 1, 1)  # noqa: DTZ001 - naive UTC; no report of ours speaks of later days
SLICE_RECORDS = 1_000  # that parsedmarc sees at a time: it takes 6 kB for each, and reads each by itself
SLICE_RESULTS = 5_000  # authentication results and reasons, the same
_NOT_OURS = {
    Kind.FAILURE: "failure report (RFC 9991): the mail is kept, its contents are not analysed",
    Kind.TLSRPT: "SMTP TLS report (RFC 8460): the mail is kept, its contents are not analysed",
    Kind.OTHER: "not a DMARC report",
}


@dataclass(frozen=True, slots=True)
class _Label:
    """A payload without its content, which need not stay in memory."""

    member: str
    sha256: str
    size: int
    kind: Kind
    damaged: str | None


def read_all(mails: Sequence[RawMail], limits: Limits) -> list[ReadMail]:
    """Every mail read, in this process. What `worker.Workers` does in others."""
    return [read(mail, limits) for mail in mails]


def read(mail: RawMail, limits: Limits) -> ReadMail:
    """Everything in `mail`. What cannot be read is a payload with a fate and a reason, never an exception."""
    header = mime.envelope(mail.body) if mail.refused or sniff.is_mail(mail.body) else None
    problem = mail.refused
    if problem is None and len(mail.body) > limits.mail_bytes:
        problem = f"{len(mail.body):,} bytes are over the limit of {limits.mail_bytes:,} for one mail"
    received = mail.received_utc or (header.date_utc if header else None)
    spent = tree.Spent()
    found = () if problem else tuple(_payload(one, limits, spent) for one in _each(unpack.payloads(mail, limits)))
    return ReadMail(
        origin=mail.origin,
        sha256=mail.sha256,
        size=len(mail.body),
        received_utc=received,
        message_id=header.message_id if header else None,
        mail_from=header.mail_from if header else None,
        subject=header.subject if header else None,
        payloads=found,
        problem=problem or ("" if found else "no report found in it"),
    )


def _each(payloads: list[Payload]) -> Iterator[Payload]:
    """One after the other, each forgotten here before the next is read."""
    payloads.reverse()
    while payloads:
        yield payloads.pop()


def _payload(payload: Payload, limits: Limits, spent: tree.Spent) -> ReadPayload:
    label = _Label(payload.member, payload.sha256, len(payload.content), payload.kind, payload.damaged)
    if payload.refused is not None:
        return _without_report(label, payload.refused)
    if payload.kind is not Kind.AGGREGATE:
        return _without_report(label, _NOT_OURS[payload.kind])
    try:
        text = decode.decode(payload.content)
        report = raw.fields(tree.read(text, limits, spent, raw.Records))
    except tree.Refused as refusal:
        return _without_report(label, str(refusal))
    flags = _flags(report, encoding_guessed=text.guessed)
    del payload, text
    return _aggregate(label, report, flags)


def _without_report(label: _Label, reason: str) -> ReadPayload:
    return ReadPayload(label.member, label.sha256, label.size, label.kind, Fate.REJECTED, reason)


def _aggregate(label: _Label, report: RawReport, flags: tuple[str, ...]) -> ReadPayload:
    """The payload judged: refused without records, held when it cannot be placed, partial when something is missing."""
    if not report.records:
        return _judged(label, report, Fate.REJECTED, _joined(["the report holds no record", report.repaired]))
    missing = _missing(report)
    if missing:
        return _judged(label, report, Fate.QUARANTINED, f"the report has no valid {', '.join(missing)}")
    try:
        reporter, reconciled = _normalized(report)
    except lane.ParsedmarcRefused as refusal:
        return _judged(label, report, Fate.QUARANTINED, f"parsedmarc refuses it: {refusal}")
    fate, reason = _verdict(label, report, reconciled)
    kept = _report(report, reporter, reconciled, flags)
    return _judged(label, report, fate, reason, kept=kept)


def _normalized(report: RawReport) -> tuple[str, Reconciled]:
    """The reporter and the records as parsedmarc reads them, a slice at a time under the same header."""
    reporter = ""
    records: list[Record] = []
    unreadable: list[int] = []
    for part in _slices(report):
        normalized = lane.normalize(part)
        reconciled = reconcile(part, normalized)
        reporter = reporter or normalized.reporter
        records += reconciled.records
        unreadable += reconciled.unreadable
    return reporter, Reconciled(tuple(records), tuple(unreadable))


def _slices(report: RawReport) -> Iterator[RawReport]:
    start, results = 0, 0
    for end, record in enumerate(report.records, 1):
        results += len(record.dkim) + len(record.spf) + len(record.reasons)
        if end - start >= SLICE_RECORDS or results >= SLICE_RESULTS or end == len(report.records):
            yield replace(report, records=report.records[start:end])
            start, results = end, 0


def _judged(label: _Label, report: RawReport, fate: Fate, reason: str, *, kept: Report | None = None) -> ReadPayload:
    return ReadPayload(
        member=label.member,
        sha256=label.sha256,
        size=label.size,
        kind=label.kind,
        fate=fate,
        reason=reason,
        xml_records=len(report.records),
        xml_messages=report.messages,
        report=kept,
    )


def _missing(report: RawReport) -> list[str]:
    """What a report cannot be placed without."""
    needed = {
        "report_id": _unbracketed(report.report_id or "") or None,
        "policy domain": report.policy.get("domain"),
        "begin": report.begin_utc,
        "end": report.end_utc,
    }
    return [name for name, value in needed.items() if value is None]


def _verdict(label: _Label, report: RawReport, reconciled: Reconciled) -> tuple[Fate, str]:
    unreadable = ", ".join(str(index) for index in reconciled.unreadable[:20])
    damage = [
        label.damaged,
        report.repaired,
        f"{len(reconciled.unreadable)} of {len(report.records)} records cannot be read: {unreadable}"
        if unreadable
        else None,
    ]
    if any(damage):
        return Fate.PARTIAL, _joined(damage)
    if report.begin_utc is not None and report.end_utc is not None and report.end_utc < report.begin_utc:
        return Fate.QUARANTINED, "the period ends before it begins"
    if report.end_utc is not None and report.end_utc > NEVER:
        return Fate.QUARANTINED, f"the period ends after the year {NEVER.year}"
    largest = max(record.messages for record in reconciled.records)
    if largest > MAX_MESSAGES:
        return Fate.QUARANTINED, f"a record speaks of {largest:,} messages"
    return Fate.ACCEPTED, ""


def _joined(texts: list[str | None]) -> str:
    return "; ".join(text for text in texts if text)


def _flags(report: RawReport, *, encoding_guessed: bool) -> tuple[str, ...]:
    checks = {
        "encoding_guessed": encoding_guessed,
        "missing_org_name": report.org_name is None,
        "missing_email": report.email is None,
        "missing_policy": "p" not in report.policy,
    }
    return tuple(flag for flag, holds in checks.items() if holds)


def _unbracketed(report_id: str) -> str:
    """The id without the angle brackets that RFC 9990 allows around it."""
    text = report_id.strip()
    return text[1:-1].strip() if text.startswith("<") and text.endswith(">") else text


def _report(report: RawReport, reporter: str, reconciled: Reconciled, flags: tuple[str, ...]) -> Report:
    policy, pct = report.policy, report.policy.get("pct", "")
    if report.begin_utc is None or report.end_utc is None or report.report_id is None:
        raise AssertionError("a report without its key fields is never built")
    return Report(
        reporter=reporter,
        reporter_raw=report.org_name,
        reporter_email=report.email,
        contact=report.contact,
        report_id=_unbracketed(report.report_id),
        policy_domain=policy["domain"].lower().rstrip("."),
        begin_utc=report.begin_utc,
        end_utc=report.end_utc,
        p=policy.get("p"),
        sp=policy.get("sp"),
        np=policy.get("np"),
        adkim=policy.get("adkim"),
        aspf=policy.get("aspf"),
        pct=int(pct) if pct.isascii() and pct.isdigit() and len(pct) <= 9 else None,
        fo=policy.get("fo"),
        testing=policy.get("testing"),
        discovery_method=policy.get("discovery_method"),
        generator=report.generator,
        format=report.format,
        version=report.version,
        namespace=report.namespace,
        errors=report.errors,
        extensions=report.extensions,
        flags=flags,
        records=reconciled.records,
    )
