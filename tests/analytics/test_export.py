"""Files for auditors: complete, the same every time, and harmless."""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from analytics import csv_text, export
from analytics.export_columns import RECORDS, REPORTS, SENDERS
from analytics.frames import columns
from analytics.window import Window
from ingest.errors import SettingsError, StoreMissing
from ingest.store.connect import Database
from tests.fakes.facts import MONDAY, a_record, a_report, keep, keep_payload, keep_source

if TYPE_CHECKING:
    from pathlib import Path

WEEK = Window.last(7, MONDAY)


def rows(path: Path) -> list[dict[str, str]]:
    """The lines of a file, by column."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def filled(database: Database) -> Database:
    """Two weeks, two domains, every fate."""
    keep_source(database, "192.0.2.1", service="Mailer", as_name="Net", asn=64500, country="JP")
    for day in range(-7, 1):
        mixed = a_report(a_record(3, aligned="dkim"), a_record(2, source_ip=None, header_from=None), day=day)
        keep(database, mixed, a_report(a_record(7), day=day, policy_domain="example.org"))
    keep(database, a_report(report_id="odd"), fate="quarantined", reason="odd")
    keep_payload(database, fate="rejected", reason="not a report")
    return database


def test_every_file_has_its_columns_and_counts(filled: Database, tmp_path: Path) -> None:
    done = export.export(filled, None, tmp_path / "out")
    assert [file.name for file in done.files] == ["records.csv", "reports.csv", "senders.csv"]
    for file, contract in zip(done.files, (RECORDS, REPORTS, SENDERS), strict=True):
        content = file.path.read_bytes()
        assert content.split(b"\n")[0].decode() == ",".join(columns(contract))
        assert content.endswith(b"\n")
        assert b"\r" not in content
        assert len(rows(file.path)) == file.rows
        assert hashlib.sha256(content).hexdigest() == file.sha256
        assert file.messages == 8 * 12


def test_the_same_filter_gives_the_same_bytes(filled: Database, tmp_path: Path) -> None:
    first, second = (export.export(filled, WEEK, tmp_path / name).files for name in "ab")
    assert [file.sha256 for file in first] == [file.sha256 for file in second]


def test_the_order_of_loading_does_not_show(tmp_path: Path) -> None:
    reports = [a_report(a_record(n), a_record(n), day=-n, report_id=f"r{n % 3}", reporter=f"r{n}") for n in range(6)]
    hashes = []
    for number, order in enumerate((reports, reports[::-1])):
        database = Database(tmp_path / f"{number}.duckdb")
        keep(database, *order)
        done = export.export(database, None, tmp_path / str(number))
        hashes.append((done.files[0].sha256, done.files[2].sha256))
    assert hashes[0] == hashes[1]


def test_pieces_and_batches_do_not_show(filled: Database, tmp_path: Path) -> None:
    whole = export.export(filled, None, tmp_path / "whole")
    pieces = export.export(filled, None, tmp_path / "pieces", sizes=export.Sizes(piece_records=4, batch_rows=2))
    assert [file.sha256 for file in whole.files] == [file.sha256 for file in pieces.files]


@pytest.mark.parametrize(
    ("days", "most", "spans"),
    [([], 5, []), ([3], 5, [(0, 0)]), ([9, 9], 5, [(0, 0), (1, 1)]), ([2, 3, 1, 4], 5, [(0, 1), (2, 3)])],
)
def test_pieces_cover_every_day_once(days: list[int], most: int, spans: list[tuple[int, int]]) -> None:
    dated = [(MONDAY + timedelta(days=n), records) for n, records in enumerate(days)]
    found = [((since - MONDAY).days, (until - MONDAY).days) for since, until in export.pieces(dated, most)]
    assert found == spans


def test_filters_hold_in_every_file(filled: Database, tmp_path: Path) -> None:
    done = export.export(filled, Window(MONDAY, MONDAY, "example.org"), tmp_path)
    records, reports, senders = (rows(file.path) for file in done.files)
    assert {(row["day"], row["policy_domain"]) for row in records} == {("2026-03-02", "example.org")}
    # What could not be read may be about any domain: it is listed, so that nothing goes missing.
    assert sorted(row["fate"] for row in reports) == ["accepted", "rejected"]
    assert [row["messages"] for row in senders] == ["7"]
    assert senders[0]["first_seen"] == "2026-02-23"


def test_reports_hold_every_fate_and_records_only_accepted_ones(filled: Database, tmp_path: Path) -> None:
    records, reports, _ = (rows(file.path) for file in export.export(filled, WEEK, tmp_path).files)
    assert {row["fate"] for row in reports} == {"accepted", "quarantined", "rejected"}
    accepted = {row["payload_sha256"] for row in reports if row["fate"] == "accepted"}
    assert {row["payload_sha256"] for row in records} == accepted


def test_a_mail_in_which_nothing_was_found_is_in_reports_csv(filled: Database, tmp_path: Path) -> None:
    with filled.write() as connection:
        connection.execute(
            "INSERT INTO mail VALUES (uuid(), 'ab', 'x/INBOX/1/99', 'x', 'INBOX', 1, 99, NULL, NULL, 'Buy now', 77, "
            "'2026-03-01', '2026-03-01', 'rejected', 'no report found in it')"
        )
    lines = rows(export.export(filled, WEEK, tmp_path).files[1].path)
    (line,) = [line for line in lines if line["subject"] == "Buy now"]
    assert (line["fate"], line["reason"], line["mail_sha256"]) == ("rejected", "no report found in it", "ab")
    assert [line[name] for name in ("member", "payload_sha256", "size_bytes", "kind", "messages")] == [""] * 5


def test_an_empty_database_gives_headers_only(database: Database, tmp_path: Path) -> None:
    assert [(file.rows, file.messages) for file in export.export(database, WEEK, tmp_path).files] == [(0, 0)] * 3


def test_lists_are_json_with_sorted_keys(database: Database, tmp_path: Path) -> None:
    record = a_record(
        1, dkim=[("é.example", "s", "pass", '"')], spf=[(None, "fail")], reasons=[("other", "=1")], flags=("odd",)
    )
    keep(database, a_report(record))
    row = rows(export.export(database, None, tmp_path).files[0].path)[0]
    assert row["dkim_json"] == '[{"domain":"é.example","human_result":"\\"","result":"pass","selector":"s"}]'
    assert row["spf_json"] == '[{"domain":null,"human_result":null,"result":"fail","scope":"mfrom"}]'
    assert json.loads(row["reasons_json"]) == [{"comment": "=1", "type": "other"}]
    assert row["flags_json"] == '["odd"]'


def poisoned(text: str) -> tuple[Any, dict[str, Any]]:
    """A report and a mail with one text in every place that a stranger can fill."""
    record = a_record(5, disposition=text, header_from=text, envelope_from=text, envelope_to=text, source_ip_raw=text)
    names = "reporter reporter_raw reporter_email contact report_id policy_domain p sp np adkim aspf fo testing"
    more = "discovery_method generator format version namespace extensions"
    everywhere: dict[str, Any] = dict.fromkeys(f"{names} {more}".split(), text)
    report = a_report(replace(record, source_ip="192.0.2.9"), **everywhere)
    mail = dict.fromkeys(["message_id", "mail_from", "subject", "member", "reason", "origin"], text)
    return report, mail


SAFE_BY_FORM = {"flags_json", "errors_json", "dkim_json", "spf_json", "reasons_json"}  # always begin with [
MADE_BY_US = {"report_key", "payload_sha256", "mail_sha256", "kind", "fate", "parser", "source_ip"}


@pytest.mark.parametrize("trigger", csv_text.TRIGGERS)
def test_every_text_column_is_guarded_against_every_trigger(database: Database, tmp_path: Path, trigger: str) -> None:
    text = f"{trigger}cmd"
    report, mail = poisoned(text)
    keep_source(
        database, "192.0.2.9", **dict.fromkeys(["reverse_name", "country", "as_name", "service", "service_kind"], text)
    )
    keep(database, report, **mail)
    done = export.export(database, None, tmp_path)
    for file, contract in zip(done.files, (RECORDS, REPORTS, SENDERS), strict=True):
        (row,) = rows(file.path)
        texts = {column.name for column in contract if column.dtype == "text"} - SAFE_BY_FORM - MADE_BY_US
        assert {name: row[name] for name in texts} == dict.fromkeys(texts, f"'{text}")
        assert row["messages"] == "5"


def test_progress_ends_with_all_records(filled: Database, tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    export.export(filled, None, tmp_path, progress=lambda done, total: told.append((done, total)))
    assert told[0] == (0, 24)
    assert told[-1] == (24, 24)


def test_without_a_database_nothing_is_created(tmp_path: Path) -> None:
    with pytest.raises(StoreMissing):
        export.export(Database(tmp_path / "none.duckdb"), None, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_made_is_an_error_with_a_hint(filled: Database, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SettingsError) as caught:
        export.export(filled, None, tmp_path / "file")
    assert caught.value.hint


def test_an_export_that_breaks_leaves_the_older_files(filled: Database, tmp_path: Path) -> None:
    before = {file.name: file.sha256 for file in export.export(filled, None, tmp_path).files}
    keep(filled, a_report(report_id="one more"))

    def unplug(done: int, _total: int | None) -> None:
        if done > 0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export.export(filled, None, tmp_path, progress=unplug)
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in tmp_path.glob("*.csv")}
    assert found == before
    assert not list(tmp_path.glob(".*.part"))
