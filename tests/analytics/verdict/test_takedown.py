"""The list for a takedown: each address once, with evidence in words, and nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from analytics.export_file import new_file
from analytics.frames import columns
from analytics.verdict.takedown import TAKEDOWN, takedown
from analytics.verdict.unauthorized import chosen
from analytics.window import Window
from dashboards.wording.verdicts import proof
from dashboards.wording.words import ENGLISH
from ingest.errors import SettingsError
from tests.analytics.verdict.people import judged_with
from tests.fakes.facts import MONDAY, a_record, a_report, keep, keep_source

if TYPE_CHECKING:
    from ingest.records import Record
    from ingest.store.connect import Database

BAD, WORSE = "203.0.113.1", "203.0.113.2"
DOC = Path(__file__).parents[3] / "docs" / "verdicts.md"


def spoofed(messages: int, **more: Any) -> Record:
    """Not signed, and SPF says no."""
    usual: dict[str, Any] = {"source_ip": BAD, "spf": (("example.com", "fail"),)}
    return a_record(messages, **usual | more)


def listed(database: Database) -> pd.DataFrame:
    window = Window(MONDAY, MONDAY)
    judged_with(database)
    return takedown(chosen(database, window), partial(proof, ENGLISH))


def test_each_address_stands_once_with_what_was_seen(database: Database) -> None:
    soft = spoofed(3, spf=(("example.com", "softfail"),), header_from="shop.example.com")
    keep(
        database,
        a_report(spoofed(10), soft, spoofed(4, source_ip=WORSE)),
        a_report(spoofed(2, envelope_from=None), reporter="another.example"),
    )
    keep_source(database, BAD, reverse_name="host.cheap.example", as_name="Cheap Hosting", asn=64500, country="NL")
    found = listed(database)
    assert list(found["source_ip"]) == [BAD, WORSE]
    line = found.iloc[0]
    assert (line["reverse_name"], line["as_name"], line["asn"], line["country"]) == (
        "host.cheap.example",
        "Cheap Hosting",
        64500,
        "NL",
    )
    assert line["messages"] == 15
    assert line["first_day"] == line["last_day"] == pd.Timestamp(MONDAY)
    assert line["header_froms"] == "example.com, shop.example.com"
    assert (line["envelopes"], line["spf_results"]) == ("example.com", "fail, softfail")
    assert line["reporters"] == "another.example, reporter.example"
    assert line["evidence"] == (
        "12 messages as example.com: not signed; SPF fail for example.com | "
        "3 messages as shop.example.com: not signed; SPF softfail for example.com"
    )
    assert found["reverse_name"].isna().tolist() == [False, True]


def test_long_evidence_is_cut_and_says_so(database: Database) -> None:
    keep(database, a_report(*(spoofed(9 - n, header_from=f"n{n}.example.com") for n in range(5))))
    (text,) = listed(database)["evidence"]
    assert text.startswith("9 messages as n0.example.com")
    assert text.endswith("| and 2 more")


def test_no_cell_is_a_formula_and_no_file_is_overwritten(database: Database, tmp_path: Path) -> None:
    foreign = spoofed(4, spf=(("=sum.example", "pass"),), envelope_from="@sum.example", source_ip=WORSE)
    keep(database, a_report(spoofed(5, header_from="=cmd().example.com"), foreign))
    path = tmp_path / "takedown.csv"
    written = new_file(path, listed(database), TAKEDOWN)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == columns(TAKEDOWN)
    assert (written.rows, written.messages) == (len(rows), sum(int(row["messages"]) for row in rows))
    assert rows[0]["header_froms"] == "'=cmd().example.com"
    assert rows[1]["envelopes"] == "'@sum.example"
    assert not [cell for row in rows for cell in row.values() if cell[:1] in {"=", "+", "-", "@"}]
    before = path.read_bytes()
    with pytest.raises(SettingsError, match="already"):
        new_file(path, listed(database), TAKEDOWN)
    assert path.read_bytes() == before
    with pytest.raises(SettingsError):
        new_file(tmp_path / "no" / "such.csv", listed(database), TAKEDOWN)


def test_every_column_is_documented() -> None:
    section = DOC.read_text(encoding="utf-8").split("\n## Unauthorized senders\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    assert lines[1:] == [f"| {column.name} | {column.meaning} |" for column in TAKEDOWN]
