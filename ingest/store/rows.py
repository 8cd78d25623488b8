"""What was read → Arrow tables with the columns of the schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from ingest import arrays, tables
from ingest.records import SCHEMA as RECORDS
from ingest.store.judge import mail_fate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from ingest.model import ReadMail, Report
    from ingest.store.judge import Judged, Version

    Fresh = Sequence[tuple[UUID, ReadMail, list[Judged]]]
    Numbered = Sequence[tuple[int, Version, Report]]

_TEXT, _INT, _TIME, _FLAG = pa.string(), pa.int64(), pa.timestamp("us"), pa.bool_()
_TEXTS = pa.list_(_TEXT)
_MAIL = pa.schema(
    [
        (name, _TEXT)
        for name in ("mail_id", "mail_sha256", "origin", "mailbox", "folder", "message_id", "mail_from", "subject")
    ]
    + [("uidvalidity", pa.uint64()), ("uid", pa.uint64()), ("size_bytes", _INT)]
    + [("received_utc", _TIME), ("ingested_utc", _TIME), ("fate", _TEXT), ("reason", _TEXT)]
)
_PAYLOAD = pa.schema(
    [(name, _TEXT) for name in ("mail_id", "member", "payload_sha256", "kind", "fate", "reason")]
    + [(name, _INT) for name in ("size_bytes", "xml_records", "xml_messages", "records", "messages")]
)
_REPORT_TEXTS = (
    *(
        "payload_sha256",
        "report_key",
        "reporter",
        "reporter_raw",
        "reporter_email",
        "contact",
        "report_id",
        "policy_domain",
    ),
    *(
        "p",
        "sp",
        "np",
        "adkim",
        "aspf",
        "fo",
        "testing",
        "discovery_method",
        "generator",
        "format",
        "version",
        "namespace",
    ),
    *("extensions", "parser", "fate"),
)
_REPORT = pa.schema(
    [(name, _TEXT) for name in _REPORT_TEXTS]
    + [("begin_utc", _TIME), ("end_utc", _TIME), ("received_utc", _TIME), ("errors", _TEXTS), ("flags", _TEXTS)]
    + [("report_no", _INT), ("pct", pa.int32()), ("records", _INT), ("messages", _INT)]
    + [("trust", pa.int8()), ("trust_evidence", _TEXT)]
)
SMALL_PART = 2_000  # records of a report

_SAME_IN_REPORT = (
    *("reporter", "reporter_raw", "reporter_email", "contact", "report_id", "policy_domain", "begin_utc", "end_utc"),
    *("p", "sp", "np", "adkim", "aspf", "pct", "fo", "testing", "discovery_method", "generator", "format", "version"),
    *("namespace", "extensions", "messages"),
)


def mails(fresh: Fresh, now: datetime) -> pa.Table:
    """One row per delivery."""
    return tables.table((_mail(key, mail, judged, now) for key, mail, judged in fresh), _MAIL)


def _mail(key: UUID, mail: ReadMail, judged: list[Judged], now: datetime) -> dict[str, object]:
    reasons = dict.fromkeys(payload.reason for payload in judged if payload.reason)
    return {
        "mail_id": str(key),
        "mail_sha256": mail.sha256,
        "origin": str(mail.origin),
        "mailbox": mail.origin.mailbox,
        "folder": mail.origin.folder,
        "uidvalidity": mail.origin.uidvalidity,
        "uid": mail.origin.uid,
        "message_id": mail.message_id,
        "mail_from": mail.mail_from,
        "subject": mail.subject,
        "size_bytes": mail.size,
        "received_utc": mail.received_utc,
        "ingested_utc": mail.ingested_utc or now,
        "fate": mail_fate(payload.fate for payload in judged).value,
        "reason": mail.problem or "; ".join(reasons),
    }


def payloads(fresh: Fresh) -> pa.Table:
    """One row per payload of each delivery."""
    lines = [_payload(key, judged) for key, _, payloads in fresh for judged in payloads]
    return tables.table(lines, _PAYLOAD)


def _payload(key: UUID, judged: Judged) -> dict[str, object]:
    payload = judged.payload
    return {
        "mail_id": str(key),
        "member": payload.member,
        "payload_sha256": payload.sha256,
        "size_bytes": payload.size,
        "kind": payload.kind.value,
        "fate": judged.fate.value,
        "reason": judged.reason,
        "xml_records": payload.xml_records,
        "xml_messages": payload.xml_messages,
        "records": len(payload.report.records) if payload.report else None,
        "messages": payload.report.messages if payload.report else None,
    }


def reports(numbered: Numbered, parser: str) -> pa.Table:
    """One row per new report."""
    return tables.table((_report(*one, parser) for one in numbered), _REPORT)


def _report(number: int, version: Version, report: Report, parser: str) -> dict[str, object]:
    return {
        "report_no": number,
        **{name: getattr(report, name) for name in _SAME_IN_REPORT},
        "payload_sha256": version.kept.payload_sha256,
        "report_key": str(report.key),
        "errors": list(report.errors),
        "flags": list(report.flags),
        "records": len(report.records),
        "received_utc": version.received_utc,
        "parser": parser,
        "fate": version.fate.value,
        "trust": version.trust,
        "trust_evidence": version.trust_evidence,
    }


def records(numbered: Numbered) -> pa.Table:
    """One row per record of the new reports. DuckDB takes a table in many small parts, one a report, some ten times as long as in one."""
    parts = [report.records.table for _, _, report in numbered]
    if not parts:
        return pa.Table.from_batches([], RECORDS)
    numbers = [number for number, _, _ in numbered]
    repeated = np.repeat(np.array(numbers, np.int64), [table.num_rows for table in parts])
    table = pa.concat_tables(parts).append_column("report_no", arrays.integers(repeated))
    return table.combine_chunks() if len(repeated) < len(parts) * SMALL_PART else table
