"""Aggregate reports as text → payloads with their fate, the records as Arrow columns.

There are two ways from XML to rows. `columnar` takes what it fully understands, many reports at a time and without Python for each record. Everything
else goes through parsedmarc, which is the authority: a share of what the fast way takes is read by both, and where they differ parsedmarc's rows win and
the report says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from ingest.model import DIFFER, Fate, ReadPayload, Report
from ingest.normalize import columnar, lane, raw, tree
from ingest.normalize.reconcile import reconcile
from ingest.normalize.reporter import reporter
from ingest.records import Block, Records

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.model import Kind
    from ingest.normalize.columnar import Columns
    from ingest.normalize.decode import Text
    from ingest.normalize.raw import RawReport
    from ingest.settings import Limits, Parsing

MAX_MESSAGES = 1_000_000_000  # of one record; beyond, a reporter is broken or lying
NEVER = datetime(2100, 1, 1)  # noqa: DTZ001 - naive UTC; no report of ours speaks of later days
SLICE_RECORDS = 1_000  # that parsedmarc sees at a time: it takes 6 kB for each, and reads each by itself
SLICE_RESULTS = 5_000  # authentication results and reasons, the same
_COUNTS = re.compile(rb"<count>\s*([0-9]+)\s*</count>")


@dataclass(frozen=True, slots=True)
class Label:
    """A payload without its content, which need not stay in memory."""

    member: str
    sha256: str
    size: int
    kind: Kind
    damaged: str | None

    def without_report(self, reason: str) -> ReadPayload:
        """It holds nothing that counts."""
        return ReadPayload(self.member, self.sha256, self.size, self.kind, Fate.REJECTED, reason)


@dataclass(frozen=True, slots=True)
class Paper:
    """A report to be read, and what the reports of its mail have cost so far."""

    label: Label
    text: Text
    spent: tree.Spent


def read(papers: list[Paper], limits: Limits, parsing: Parsing) -> list[ReadPayload]:
    """Each of `papers` as a payload with its fate. The list is emptied, so that a text is forgotten as soon as it is read."""
    columns: list[Columns | str] = [""] * len(papers)
    if parsing.normalizer == "auto":
        columns = columnar.read([paper.text for paper in papers], limits, [paper.spent for paper in papers])
    papers.reverse()
    columns.reverse()
    found = []
    while papers:
        fast, paper = columns.pop(), papers.pop()
        if isinstance(fast, str) or _missing(fast.head) or not _adds_up(fast, paper.text):
            found.append(_by_parsedmarc(paper, limits))
        else:
            label, flags = paper.label, _flags(fast.head, encoding_guessed=paper.text.guessed)
            payload = _judged(label, fast.head, flags, _Rows.of(fast))
            found.append(_compared(payload, paper, limits) if parsing.compares(label.sha256) else payload)
        del paper, fast
    return _sharing(found)


def _adds_up(fast: Columns, text: Text) -> bool:
    """Whether a plain search of the text finds as many records and messages. Where it cannot, parsedmarc reads the report."""
    counts = _COUNTS.findall(text.content)
    return len(counts) == fast.rows.num_rows and sum(map(int, counts)) == fast.messages


@dataclass(frozen=True, slots=True)
class _Rows:
    """The records of a report as they were read."""

    reporter: str
    format: str  # rfc7489, rfc9990 or mixed
    records: Records
    xml_records: int  # counted in the raw XML
    xml_messages: int
    unreadable: tuple[int, ...] = ()  # indexes

    @classmethod
    def of(cls, fast: Columns) -> _Rows:
        """From the fast way, which takes only what is read to the last record."""
        name = reporter(fast.head.org_name, fast.head.email)
        return cls(name, fast.format, Records(Block(fast.rows)), fast.rows.num_rows, fast.messages)


def _by_parsedmarc(paper: Paper, limits: Limits) -> ReadPayload:
    label = paper.label
    try:
        report = raw.fields(tree.read(paper.text, limits, paper.spent, raw.Records))
    except tree.Refused as refusal:
        return label.without_report(str(refusal))
    flags = _flags(report, encoding_guessed=paper.text.guessed)
    del paper
    if not report.records:
        return _payload(label, report, Fate.REJECTED, _joined(["the report holds no record", report.repaired]))
    missing = _missing(report)
    if missing:
        return _payload(label, report, Fate.QUARANTINED, f"the report has no valid {', '.join(missing)}")
    try:
        rows = _normalized(report)
    except lane.ParsedmarcRefused as refusal:
        return _payload(label, report, Fate.QUARANTINED, f"parsedmarc refuses it: {refusal}")
    return _judged(label, report, flags, rows)


def _compared(fast: ReadPayload, paper: Paper, limits: Limits) -> ReadPayload:
    """The payload of the fast way, unless parsedmarc reads anything else."""
    slow = _by_parsedmarc(replace(paper, spent=tree.Spent()), limits)  # its cost is in the mail's account already
    if slow == fast:
        return fast
    if slow.report is None:
        return slow
    flagged = replace(slow.report, flags=(*slow.report.flags, DIFFER))
    rows = fast.report.records.table if fast.report is not None else Records.of(()).table
    places = ", ".join(columnar.differences(rows, list(slow.report.records))[:3]) or "outside of the records"
    reason = f"read differently by the fast way ({places}): parsedmarc's reading counts"
    return replace(slow, report=flagged, reason=_joined([slow.reason, reason]))


def _normalized(report: RawReport) -> _Rows:
    """The reporter and the records as parsedmarc reads them, a slice at a time under the same header."""
    name = ""
    tables: list[pa.Table] = []
    unreadable: list[int] = []
    for part in _slices(report):
        normalized = lane.normalize(part)
        reconciled = reconcile(part, normalized)
        name = name or normalized.reporter
        tables.append(Records.of(reconciled.records).table)
        unreadable += reconciled.unreadable
    records = Records(Block(pa.concat_tables(tables).combine_chunks()))
    return _Rows(name, report.format, records, len(report.records), report.messages, tuple(unreadable))


def _slices(report: RawReport) -> Iterator[RawReport]:
    start, results = 0, 0
    for end, record in enumerate(report.records, 1):
        results += len(record.dkim) + len(record.spf) + len(record.reasons)
        if end - start >= SLICE_RECORDS or results >= SLICE_RESULTS or end == len(report.records):
            yield replace(report, records=report.records[start:end])
            start, results = end, 0


def _sharing(payloads: Sequence[ReadPayload]) -> list[ReadPayload]:
    """The same payloads; the records of all their reports are in one table, which costs less to hand on than many."""
    reports = [payload.report for payload in payloads if payload.report is not None]
    if len(reports) < 2:
        return list(payloads)
    block = Block(pa.concat_tables([report.records.table for report in reports]).combine_chunks())
    shared, start = [], 0
    for payload in payloads:
        if payload.report is None:
            shared.append(payload)
            continue
        records = Records(block, start, len(payload.report.records))
        shared.append(replace(payload, report=replace(payload.report, records=records)))
        start += len(records)
    return shared


def _judged(label: Label, report: RawReport, flags: tuple[str, ...], rows: _Rows) -> ReadPayload:
    """Held when it cannot be believed, partial when something is missing, else accepted."""
    fate, reason = _verdict(label, report, rows)
    counted = (rows.xml_records, rows.xml_messages)
    return _payload(label, report, fate, reason, counted=counted, kept=_report(report, flags, rows))


def _payload(
    label: Label,
    report: RawReport,
    fate: Fate,
    reason: str,
    *,
    counted: tuple[int, int] | None = None,
    kept: Report | None = None,
) -> ReadPayload:
    records, messages = counted or (len(report.records), report.messages)
    return ReadPayload(
        member=label.member,
        sha256=label.sha256,
        size=label.size,
        kind=label.kind,
        fate=fate,
        reason=reason,
        xml_records=records,
        xml_messages=messages,
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


def _verdict(label: Label, report: RawReport, rows: _Rows) -> tuple[Fate, str]:
    unreadable = ", ".join(str(index) for index in rows.unreadable[:20])
    damage = [
        label.damaged,
        report.repaired,
        f"{len(rows.unreadable)} of {rows.xml_records} records cannot be read: {unreadable}" if unreadable else None,
    ]
    if any(damage):
        return Fate.PARTIAL, _joined(damage)
    if report.begin_utc is not None and report.end_utc is not None and report.end_utc < report.begin_utc:
        return Fate.QUARANTINED, "the period ends before it begins"
    if report.end_utc is not None and report.end_utc > NEVER:
        return Fate.QUARANTINED, f"the period ends after the year {NEVER.year}"
    if rows.records.most_messages > MAX_MESSAGES:
        return Fate.QUARANTINED, f"a record speaks of {rows.records.most_messages:,} messages"
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


def _report(report: RawReport, flags: tuple[str, ...], rows: _Rows) -> Report:
    policy, pct = report.policy, report.policy.get("pct", "")
    if report.begin_utc is None or report.end_utc is None or report.report_id is None:
        raise AssertionError("a report without its key fields is never built")
    return Report(
        reporter=rows.reporter,
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
        format=rows.format,
        version=report.version,
        namespace=report.namespace,
        errors=report.errors,
        extensions=report.extensions,
        flags=flags,
        records=rows.records,
    )
