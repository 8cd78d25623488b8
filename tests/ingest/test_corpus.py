"""The shared corpus of public reports: exact numbers, or a visible refusal, for every file."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ingest import wiring
from ingest.model import Fate, Kind, Origin, RawMail
from ingest.reading import read
from ingest.settings import Limits, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ingest.model import ReadMail, ReadPayload, Report
    from ingest.records import Record

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - naive UTC
pytestmark = pytest.mark.corpus


def _rows(name: str) -> list[dict[str, str]]:
    path = CORPUS / name
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


FILES = _rows("manifest.csv")
EXPECTED: dict[str, list[dict[str, str]]] = {}
for _row in _rows("expectations.csv"):
    EXPECTED.setdefault(_row["path"], []).append(_row)


def _tier(*tiers: str) -> list[str]:
    return [row["path"] for row in FILES if row["tier"] in tiers]


def _read(path: str) -> ReadMail:
    return read(RawMail(Origin(path=path), (CORPUS / "files" / path).read_bytes()), Limits())


def _reports(mail: ReadMail, fate: Fate) -> list[Report]:
    return [payload.report for payload in mail.payloads if payload.fate is fate and payload.report is not None]


def test_the_corpus_is_where_it_should_be() -> None:
    if not FILES:
        pytest.skip(f"no corpus in {CORPUS}")
    assert len(FILES) > 500
    assert len(_tier("A")) == 465


def _passing(records: Iterable[Record], holds: Callable[[Record], bool]) -> tuple[str, str]:
    chosen = [record.messages for record in records if holds(record)]
    return str(len(chosen)), str(sum(chosen))


def _seconds(moment: datetime) -> str:
    return str(int((moment - EPOCH).total_seconds()))


def _held(report: Report) -> dict[str, str]:
    """Our numbers under the names of the expectations."""
    words = Counter((record.disposition or "") for record in report.records)
    return {
        "org_name": report.reporter_raw or "",
        "report_id": report.report_id,
        "domain": report.policy_domain,
        "begin_epoch": _seconds(report.begin_utc),
        "end_epoch": _seconds(report.end_utc),
        "p": (report.p or "").lower(),
        "np": (report.np or "").lower(),
        "n_records": str(len(report.records)),
        "sum_count": str(report.messages),
        "dispositions": "|".join(sorted(word for word in words if word)),
        "namespace": report.namespace or "",
    } | _verdicts(report.records)


def _verdicts(records: Iterable[Record]) -> dict[str, str]:
    claims: dict[str, Callable[[Record], bool]] = {
        "dkim_pass": lambda record: record.dkim_aligned,
        "spf_pass": lambda record: record.spf_aligned,
        "dmarc_pass": lambda record: record.dkim_aligned or record.spf_aligned,
        "both_fail": lambda record: not record.dkim_aligned and not record.spf_aligned,
    }
    found = {name: _passing(records, holds) for name, holds in claims.items()}
    return {f"n_{name}": n for name, (n, _) in found.items()} | {f"sum_{name}": s for name, (_, s) in found.items()}


def _expected(row: dict[str, str], names: Iterable[str]) -> dict[str, str]:
    wanted = {name: row[name] for name in names}
    wanted |= {name: wanted[name].lower() for name in ("domain", "p", "np")}
    wanted["report_id"] = wanted["report_id"].strip("<> \t\r\n")
    wanted["dispositions"] = "|".join(
        sorted(word for word in wanted["dispositions"].lower().split("|") if word not in {"", "(empty)"})
    )
    return wanted


def _matches(mail: ReadMail, rows: list[dict[str, str]]) -> None:
    held = sorted((_held(report) for report in _reports(mail, Fate.ACCEPTED)), key=repr)
    names = held[0] if held else rows[0]
    if any(row["n_eval_missing"] != "0" for row in rows):  # nobody gave a verdict, so there is none to compare
        held = [{name: value for name, value in one.items() if not name.endswith("both_fail")} for one in held]
        names = held[0]
    assert held == sorted((_expected(row, names) for row in rows), key=repr)


@pytest.mark.parametrize("path", _tier("A"))
def test_a_good_file_is_read_exactly(path: str) -> None:
    mail = _read(path)
    assert {payload.fate for payload in mail.payloads} == {Fate.ACCEPTED}, [p.reason for p in mail.payloads]
    _matches(mail, EXPECTED[path])


@pytest.mark.parametrize("path", _tier("B"))
def test_a_defective_file_is_read_exactly_or_shown_as_defective(path: str) -> None:
    mail = _read(path)
    accepted = _reports(mail, Fate.ACCEPTED)
    if accepted:
        held = Counter((report.report_id, len(report.records), report.messages) for report in accepted)
        wanted = Counter((r["report_id"], int(r["n_records"]), int(r["sum_count"] or 0)) for r in EXPECTED[path])
        assert not held - wanted
        if held == wanted:
            _matches(mail, EXPECTED[path])
    assert len(accepted) == len(EXPECTED[path]) or _visible(mail.payloads)


@pytest.mark.parametrize("path", _tier("C"))
def test_a_useless_file_is_refused_visibly(path: str) -> None:
    mail = _read(path)
    assert not any(payload.fate is Fate.ACCEPTED for payload in mail.payloads)
    assert mail.problem or _visible(mail.payloads)


def _visible(payloads: Iterable[ReadPayload]) -> bool:
    return any(payload.fate is not Fate.ACCEPTED and payload.reason for payload in payloads)


@pytest.mark.parametrize("row", [row for row in FILES if not row["tier"]], ids=lambda row: row["path"])
def test_another_kind_of_report_is_named_and_not_counted(row: dict[str, str]) -> None:
    kind = {"failure-email": Kind.FAILURE, "tlsrpt": Kind.TLSRPT}[row["kind"]]
    mail = _read(row["path"])
    assert kind in {payload.kind for payload in mail.payloads}
    assert {payload.fate for payload in mail.payloads} == {Fate.REJECTED}


def test_the_whole_corpus_in_one_database_adds_up(tmp_path: Path) -> None:
    if not FILES:
        pytest.skip(f"no corpus in {CORPUS}")
    settings = Settings(db=tmp_path / "corpus.duckdb")
    folder = CORPUS / "files"
    summary = wiring.load_paths(settings, [folder])
    database = wiring.database(settings)
    fates = database.frame("SELECT fate, count(*) AS mails FROM v_mail GROUP BY fate ORDER BY fate")
    assert dict(zip(fates["fate"], fates["mails"], strict=True)) == {k: n for k, n in summary.mails.items() if n}
    payloads = database.frame("SELECT fate, count(*) AS payloads FROM v_payload GROUP BY fate ORDER BY fate")
    assert dict(zip(payloads["fate"], payloads["payloads"], strict=True)) == {
        k: n for k, n in summary.payloads.items() if n
    }
    assert sum(summary.mails.values()) == sum(1 for path in folder.rglob("*") if path.is_file())
    held = database.frame("SELECT count(*) AS records, sum(messages)::BIGINT AS messages FROM v_record")
    assert (summary.records, summary.messages) == (held["records"][0], held["messages"][0])
    assert summary.reports > 400
