"""The benchmark itself: it runs to its end, measures what pages ask, counts what it is given, and writes down what it found."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from ingest.model import Fate, Origin, RawMail
from ingest.reading import read
from ingest.settings import Limits
from ingest.store import check
from ingest.store.connect import Database
from tests.bench import __main__ as harness
from tests.bench import facts, intake, lines, mails, questions, results
from tests.bench.bench import ROOT, Bench, Sizes

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bench.lines import Line

pytestmark = pytest.mark.zoneless
TINY = Sizes(mails=3, records=40, polled=3, facts=1_500, repeats=1)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path, TINY)


@pytest.mark.slow
@pytest.mark.parametrize("part", harness.PARTS)
def test_every_part_runs_to_its_end(bench: Bench, part: str) -> None:
    found = harness.measured(bench, [part])
    assert found
    for line in found:
        assert line.part == part
        if line.measured is None:
            assert "is not installed" in line.note
        else:
            assert line.measured > 0
            assert line.against is not None
            assert line.ratio


@pytest.mark.slow
def test_the_command_says_it_as_a_table_and_as_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("BENCH_MAILS", "BENCH_RECORDS", "BENCH_POLLED", "BENCH_REPEATS"):
        monkeypatch.setenv(name, "2")
    monkeypatch.setenv("BENCH_FACTS", "1500")
    assert harness.main(["b", "g", "--json", str(tmp_path / "bench.json"), "--keep", str(tmp_path / "kept")]) == 0
    said, written = capsys.readouterr().out, json.loads((tmp_path / "bench.json").read_text(encoding="utf-8"))
    assert written["sizes"]["records"] == 2
    assert [line["part"] for line in written["lines"]] == ["b"] * 4 + ["g"] * 2
    for line in written["lines"]:
        assert line["name"] in said
    assert [path.name for path in (tmp_path / "kept").glob("*.duckdb")] == ["facts-1500.duckdb"]


def test_an_unknown_part_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        harness.main(["x"])
    assert "no part x" in capsys.readouterr().err


def test_whoever_leaves_something_out_is_found() -> None:
    intake._same(3, 3, 3)
    with pytest.raises(AssertionError, match="3 records went in"):
        intake._same(3, 3, 2)


@pytest.mark.parametrize("records", [1, 20])
def test_every_invented_mail_is_read_to_the_last_record(records: int) -> None:
    formats, kinds = set(), set()
    for body in mails.mails(40, records):
        (payload,) = read(RawMail(Origin(), body), Limits()).payloads
        assert (payload.fate, payload.xml_records) == (Fate.ACCEPTED, records)
        assert payload.report is not None
        assert len(payload.report.records) == records
        formats.add(payload.report.format)
        kinds.add(payload.member.rpartition(".")[2])
    assert formats == {"rfc7489", "rfc9990"}
    assert len(kinds) == 2


def test_the_same_seed_makes_the_same_mails() -> None:
    assert mails.report(20, seed=3) == mails.report(20, seed=3) != mails.report(20, seed=4)


def test_a_database_of_facts_is_sound_and_of_the_size_that_was_wanted(tmp_path: Path) -> None:
    made = facts.make(tmp_path / "x.duckdb", 4_000)
    database = Database(tmp_path / "x.duckdb")
    assert check.state(database)[0] is check.State.SOUND
    assert check.disagreements(database, deep=True) == []
    assert abs(made.records - 4_000) < 400
    held = database.frame(
        "SELECT count(*) AS records, count(DISTINCT source_ip) AS sources, count(DISTINCT reporter) AS reporters, "
        "count(DISTINCT day) AS days, min(len(dkim)) AS fewest, max(len(dkim)) AS most FROM v_record"
    ).iloc[0]
    assert held["records"] == made.records
    assert (held["sources"] > 100, held["reporters"] > 10, held["days"] > 100) == (True, True, True)
    assert (held["fewest"], held["most"]) == (0, 3)


def test_every_question_of_the_pages_is_measured(tmp_path: Path) -> None:
    pages = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "dashboards").rglob("*.py"))
    asked = {name.rpartition(".")[2] for name in re.findall(r"context\.answer\(([\w.]+)", pages)}
    facts.make(tmp_path / "x.duckdb", 1_500)
    assert asked
    assert asked <= set(questions.timed(tmp_path / "x.duckdb", 1))


def a_line(**more: object) -> Line:
    return lines.faster("b", "read 10 records", 1.0, ("parsedmarc", 30.0), lines.Target(20, **more))  # type: ignore[arg-type]


def test_a_target_is_judged_only_where_the_sizes_are_large_enough() -> None:
    assert (a_line().ratio, a_line().target, a_line().met) == ("30.0 x", ">= 20 x", True)
    assert a_line(judged=False).met is None
    assert lines.share("d", "poll", 4.0, ("bare", 2.0), lines.Target(0.6)).met is False
    assert lines.bounded("g", "--help", (0.2, "s"), ("python", 0.1), lines.Target(0.3)).met is True


def test_the_document_gets_the_parts_that_were_measured_and_keeps_the_rest(bench: Bench, tmp_path: Path) -> None:
    document, picture = tmp_path / "performance.md", tmp_path / "growth.svg"
    document.write_text((ROOT / "docs" / "performance.md").read_text(encoding="utf-8"), encoding="utf-8")
    before = document.read_text(encoding="utf-8")
    bench.curves = {"overview <1>": {1_000: 0.01, 100_000: 0.05}, "acts": {1_000: 0.001, 100_000: 0.001}}
    found = [a_line(), lines.missing("d", "poll", "no Dovecot")]
    results.write_docs(found, bench, document=document, picture=picture)
    after = document.read_text(encoding="utf-8")
    assert "| b | read 10 records | 1 s | parsedmarc: 30 s | 30.0 x | >= 20 x | yes |" in after
    assert "not measured: no Dovecot" in after
    assert before.split("<!-- part b -->")[0] == after.split("<!-- part b -->")[0]
    assert before.split("<!-- end d -->")[1] == after.split("<!-- end d -->")[1]
    results.write_docs(found, bench, document=document, picture=picture)
    assert document.read_text(encoding="utf-8") == after
    drawn = ET.fromstring(picture.read_text(encoding="utf-8"))  # noqa: S314 - our own
    assert len(list(drawn.iter("{http://www.w3.org/2000/svg}polyline"))) == 2


def test_the_document_has_a_place_for_every_part_and_the_makefile_for_every_size() -> None:
    text = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    assert re.findall(r"<!-- part (\w) -->", text) == re.findall(r"<!-- end (\w) -->", text) == list(harness.PARTS)
    named = (ROOT / "Makefile").read_text(encoding="utf-8").split("BENCH_SIZES = ")[1].splitlines()[0].split()
    assert {name.removeprefix("BENCH_").lower() for name in named} == set(Sizes.__dataclass_fields__)
