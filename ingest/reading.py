"""One mail as delivered → everything that is in it, each payload with its fate. Pure: no database, no network."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ingest import mime, sniff, unpack
from ingest.model import Fate, Kind, ReadMail, ReadPayload, Report
from ingest.normalize import decode, lane, raw, tree
from ingest.normalize.reconcile import Reconciled, reconcile

if TYPE_CHECKING:
    from ingest.model import Payload, RawMail
    from ingest.normalize.raw import RawReport
    from ingest.settings import Limits

MAX_MESSAGES = 1_000_000_000  # of one record; beyond, a reporter is broken or lying
NEVER = datetime(2100, 1, 1)  # noqa: DTZ001 - naive UTC; no report of ours speaks of later days
_NOT_OURS = {
    Kind.FAILURE: "failure report (RFC 9991): the mail is kept, its contents are not analysed",
    Kind.TLSRPT: "SMTP TLS report (RFC 8460): the mail is kept, its contents are not analysed",
    Kind.OTHER: "not a DMARC report",
}


def read(mail: RawMail, limits: Limits) -> ReadMail:
    """Everything in `mail`. What cannot be read is a payload with a fate and a reason, never an exception."""
    header = mime.envelope(mail.body) if mail.refused or sniff.is_mail(mail.body) else None
    problem = mail.refused
    if problem is None and len(mail.body) > limits.mail_bytes:
        problem = f"{len(mail.body):,} bytes are over the limit of {limits.mail_bytes:,} for one mail"
    received = mail.received_utc or (header.date_utc if header else None)
    found = () if problem else tuple(_payload(one, limits) for one in unpack.payloads(mail, limits))
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


def _payload(payload: Payload, limits: Limits) -> ReadPayload:
    if payload.refused is not None:
        return _without_report(payload, payload.refused)
    if payload.kind is not Kind.AGGREGATE:
        return _without_report(payload, _NOT_OURS[payload.kind])
    try:
        text = decode.decode(payload.content)
        report = raw.fields(tree.read(text.text, limits))
    except tree.Refused as refusal:
        return _without_report(payload, str(refusal))
    return _aggregate(payload, report, encoding_guessed=text.guessed)


def _without_report(payload: Payload, reason: str) -> ReadPayload:
    return ReadPayload(payload.member, payload.sha256, len(payload.content), payload.kind, Fate.REJECTED, reason)


def _aggregate(payload: Payload, report: RawReport, *, encoding_guessed: bool) -> ReadPayload:
    """The payload judged: refused without records, held when it cannot be placed, partial when something is missing."""
    if not report.records:
        return _judged(payload, report, Fate.REJECTED, _joined(["the report holds no record", report.repaired]))
    missing = _missing(report)
    if missing:
        return _judged(payload, report, Fate.QUARANTINED, f"the report has no valid {', '.join(missing)}")
    try:
        normalized = lane.normalize(report)
    except lane.ParsedmarcRefused as refusal:
        return _judged(payload, report, Fate.QUARANTINED, f"parsedmarc refuses it: {refusal}")
    reconciled = reconcile(report, normalized)
    fate, reason = _verdict(payload, report, reconciled)
    flags = _flags(report, encoding_guessed=encoding_guessed)
    kept = _report(report, normalized.reporter, reconciled, flags)
    return _judged(payload, report, fate, reason, kept)


def _judged(payload: Payload, report: RawReport, fate: Fate, reason: str, kept: Report | None = None) -> ReadPayload:
    return ReadPayload(
        member=payload.member,
        sha256=payload.sha256,
        size=len(payload.content),
        kind=payload.kind,
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


def _verdict(payload: Payload, report: RawReport, reconciled: Reconciled) -> tuple[Fate, str]:
    unreadable = ", ".join(str(index) for index in reconciled.unreadable[:20])
    damage = [
        payload.damaged,
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
