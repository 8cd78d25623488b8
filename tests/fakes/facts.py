"""Reports, records and sources with defaults, kept as rows in a real DuckDB file."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from ingest.model import Report, stable_uuid
from ingest.records import DkimResult, Reason, Record, Records, SpfResult
from ingest.store import cases, sums

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ingest.enrich import Source
    from ingest.store.connect import Database

MONDAY = date(2026, 3, 2)  # tests count days from it
_FAR_UID = count(1)

_TEXT = pa.string()
_STRUCTS = {
    "dkim": pa.list_(pa.struct([(name, _TEXT) for name in ("domain", "selector", "result", "human_result")])),
    "spf": pa.list_(pa.struct([(name, _TEXT) for name in ("domain", "scope", "result", "human_result")])),
    "reasons": pa.list_(pa.struct([(name, _TEXT) for name in ("type", "comment")])),
}


def a_record(
    messages: int = 1,
    *,
    aligned: str = "",
    dkim: Sequence[tuple[str | None, ...]] = (),
    spf: Sequence[tuple[str | None, ...]] = (),
    reasons: Sequence[tuple[str | None, str | None]] = (),
    **more: Any,
) -> Record:
    """A record of example.com that fails unless told otherwise.

    Args:
        messages: mails it stands for.
        aligned: "dkim", "spf", "both" or "": sets the reporter's verdict and, unless given, results that explain it.
        dkim: (domain, selector, result[, human_result]) per signature.
        spf: (domain, result[, human_result]) per check, scope mfrom.
        reasons: (type, comment).
        more: any field of Record.
    """
    by_dkim, by_spf = aligned in {"dkim", "both"}, aligned in {"spf", "both"}
    dkim = dkim or ((("example.com", "s1", "pass"),) if by_dkim else ())
    spf = spf or ((("example.com", "pass"),) if by_spf else ())
    said = {
        "dkim": tuple(DkimResult(*entry) for entry in dkim),
        "spf": tuple(SpfResult(domain, "mfrom", *rest) for domain, *rest in spf),
        "reasons": tuple(Reason(*entry) for entry in reasons),
    }
    verdict = {"messages": messages, "dkim_aligned": by_dkim, "spf_aligned": by_spf}
    return Record(**(_RECORD_DEFAULTS | verdict | said | more))


_RECORD_DEFAULTS: dict[str, Any] = {
    "index": 0,
    "source_ip": "192.0.2.1",
    "source_ip_raw": "192.0.2.1",
    "disposition": "none",
    "header_from": "example.com",
    "envelope_from": "example.com",
    "envelope_to": None,
}


def a_report(*records: Record, day: date | int = 0, **more: Any) -> Report:
    """A report about one UTC day of example.com; records are numbered in order.

    Args:
        records: what it holds; a record that passes by DKIM unless given.
        day: a date, or days after MONDAY.
        more: any field of Report.
    """
    held = records or (a_record(aligned="dkim"),)
    on = day if isinstance(day, date) else MONDAY + timedelta(days=day)
    numbered = tuple(replace(record, index=index) for index, record in enumerate(held))
    reporter = more.get("reporter", "reporter.example")
    return Report(**(_report_defaults(on) | {"records": Records.of(numbered), "reporter_raw": reporter} | more))


_OPTIONAL = "contact sp np adkim aspf fo testing discovery_method generator version namespace extensions"


def _report_defaults(day: date) -> dict[str, Any]:
    begin = datetime.combine(day, time.min)
    missing: dict[str, Any] = dict.fromkeys(_OPTIONAL.split())
    return missing | {
        "reporter": "reporter.example",
        "reporter_email": "dmarc@reporter.example",
        "report_id": f"r-{day.isoformat()}",
        "policy_domain": "example.com",
        "begin_utc": begin,
        "end_utc": begin + timedelta(days=1, seconds=-1),
        "format": "rfc7489",
        "p": "none",
        "pct": 100,
        "errors": (),
        "flags": (),
    }


def payload_sha256(report: Report, fate: str = "accepted") -> str:
    """The name under which `keep` keeps the payload of a report."""
    return hashlib.sha256(f"{report.key} {fate}".encode()).hexdigest()


def keep(database: Database, *reports: Report, fate: str = "accepted", **mail: Any) -> None:
    """The reports are in the database, one mail and one payload each, all with one fate.

    Args:
        database: created when missing; without reports it ends up existing and empty.
        reports: with different keys.
        fate: of mail, payload and report.
        mail: columns of `mail` or `payload` that differ from the default.
    """
    rows = [(_mail_row(report, fate, mail), report) for report in reports]
    with database.write() as connection:
        first = connection.execute("SELECT coalesce(max(report_no), 0) + 1 FROM report").fetchall()[0][0]
        numbered = list(enumerate(reports, first))
        _insert(connection, "mail", [row for row, _ in rows])
        _insert(connection, "payload", [_payload_row(row["mail_id"], report, fate, mail) for row, report in rows])
        _insert(
            connection,
            "report",
            [
                {"report_no": number} | _report_row(row, report, fate)
                for (number, _), (row, report) in zip(numbered, rows, strict=True)
            ],
        )
        _insert(connection, "record", [line for number, report in numbered for line in _record_rows(number, report)])


def keep_source(database: Database, source_ip: str, **known: Any) -> None:
    """The database knows something about an address: service, service_kind, as_name, asn, country, reverse_name."""
    with database.write() as connection:
        _insert(connection, "source", [{"source_ip": source_ip, "looked_up_utc": _noon(MONDAY)} | known])
        sums.label(connection, [source_ip])
        cases.touch(connection, [source_ip])


def keep_sources(database: Database, sources: Sequence[Source]) -> None:
    """The database knows what the enricher found out about addresses."""
    with database.write() as connection:
        _insert(connection, "source", [asdict(source) | {"looked_up_utc": _noon(MONDAY)} for source in sources])
        sums.label(connection, [source.source_ip for source in sources])
        cases.touch(connection, [source.source_ip for source in sources])


def keep_payload(database: Database, *, fate: str, reason: str, member: str = "", **more: Any) -> None:
    """The ledger holds a mail with one payload that is no report."""
    uid = next(_FAR_UID)
    mail_id = str(stable_uuid("nothing", str(uid)))
    mail = _mail_defaults(mail_id, uid) | {"fate": fate, "reason": reason}
    payload = {
        "mail_id": mail_id,
        "member": member,
        "payload_sha256": hashlib.sha256(mail_id.encode()).hexdigest(),
        "size_bytes": 10,
        "kind": "other",
        "fate": fate,
        "reason": reason,
    }
    with database.write() as connection:
        _insert(connection, "mail", [mail | {key: value for key, value in more.items() if key in mail}])
        _insert(connection, "payload", [payload | {key: value for key, value in more.items() if key in payload}])


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12))


def _mail_defaults(mail_id: str, uid: int) -> dict[str, Any]:
    return {
        "mail_id": mail_id,
        "mail_sha256": hashlib.sha256(f"mail {mail_id}".encode()).hexdigest(),
        "origin": f"reports/INBOX/1/{uid}",
        "mailbox": "reports",
        "folder": "INBOX",
        "uidvalidity": 1,
        "uid": uid,
        "message_id": f"<{uid}@reporter.example>",
        "mail_from": "dmarc@reporter.example",
        "subject": "Report domain: example.com",
        "size_bytes": 1000,
        "received_utc": _noon(MONDAY),
        "ingested_utc": datetime.now(UTC).replace(tzinfo=None, microsecond=0),
    }


def _mail_row(report: Report, fate: str, mail: dict[str, Any]) -> dict[str, Any]:
    mail_id = str(stable_uuid(str(report.key), fate))
    row = _mail_defaults(mail_id, next(_FAR_UID)) | {"fate": fate, "reason": ""}
    row["received_utc"] = _noon(report.end_utc.date() + timedelta(days=1))
    row["ingested_utc"] = row["received_utc"] + timedelta(minutes=5)
    return row | {key: value for key, value in mail.items() if key in row}


def _payload_row(mail_id: str, report: Report, fate: str, mail: dict[str, Any]) -> dict[str, Any]:
    row = {
        "mail_id": mail_id,
        "member": "report.xml.gz",
        "payload_sha256": payload_sha256(report, fate),
        "size_bytes": 2000,
        "kind": "aggregate",
        "fate": fate,
        "reason": "",
        "xml_records": len(report.records),
        "xml_messages": report.messages,
        "records": len(report.records),
        "messages": report.messages,
    }
    return row | {key: value for key, value in mail.items() if key in row}


def _report_row(mail: dict[str, Any], report: Report, fate: str) -> dict[str, Any]:
    row = {name: getattr(report, name) for name in Report.__slots__}
    return row | {
        "payload_sha256": payload_sha256(report, fate),
        "report_key": str(report.key),
        "errors": list(report.errors),
        "flags": list(report.flags),
        "records": len(report.records),
        "messages": report.messages,
        "received_utc": mail["received_utc"] or mail["ingested_utc"],
        "parser": "a test",
        "fate": fate,
    }


def _record_rows(number: int, report: Report) -> Iterable[dict[str, Any]]:
    for record in report.records:
        row = asdict(record)
        row["record_index"] = row.pop("index")
        lists = {name: list(row[name]) for name in ("dkim", "spf", "reasons", "flags")}
        yield {"report_no": number} | row | lists


def _insert(connection: Any, table: str, rows: Sequence[dict[str, Any]]) -> None:
    if not rows:
        return
    types = _STRUCTS | {"errors": pa.list_(_TEXT), "flags": pa.list_(_TEXT)}
    names = list(rows[0])
    arrays = [pa.array([row[name] for row in rows], type=types.get(name)) for name in names]
    connection.register("new_rows", pa.table(dict(zip(names, arrays, strict=True))))
    connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM new_rows")  # noqa: S608 - table names of this file
    connection.unregister("new_rows")
