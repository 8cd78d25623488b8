"""Every page, as deep as its address goes, on a small database; and what it says when there is nothing or trouble."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from dashboards.wording.words import ENGLISH
from ingest.model import Prune
from ingest.store import prune
from ingest.store.connect import Database
from tests.fakes.facts import a_record, a_report, keep, keep_payload, keep_source, payload_sha256

if TYPE_CHECKING:
    from ingest.model import Report

APP = Path(__file__).resolve().parents[2] / "dashboards" / "entry" / "dashboard.py"
YESTERDAY = datetime.now(UTC).date() - timedelta(days=1)
ATTACK = "<script>alert(1)</script> [x](javascript:alert(1)) ![](http://evil.example/x.png) \u202e"
SHOWN = ATTACK.replace("\u202e", "⟨U+202E⟩")


def the_report() -> Report:
    return a_report(
        a_record(900, aligned="both", source_ip="192.0.2.1"),
        a_record(
            60,
            source_ip="198.51.100.9",
            dkim=(("esp.example", "s1", "pass"),),
            spf=(("bounce.esp.example", "pass"),),
            disposition="quarantine",
        ),
        day=YESTERDAY,
        reporter=ATTACK,
    )


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the dashboard looks for its database; nothing is there yet."""
    path = tmp_path / "pages.duckdb"
    monkeypatch.setenv("WHOSENDS_DB", str(path))
    monkeypatch.chdir(tmp_path)
    return path


@pytest.fixture
def database(path: Path) -> Database:
    """One report of yesterday: 900 messages that pass, 60 of an unaligned service."""
    database = Database(path)
    keep(database, the_report())
    keep_source(database, "192.0.2.1", service="Own Mail", service_kind="Technology")
    keep_source(database, "198.51.100.9", service=ATTACK, as_name="Example Net", asn=64500, country="JP")
    return database


def visit(name: str, /, **query: str) -> AppTest:
    """What a browser gets for `/page?query`."""
    app = AppTest.from_file(str(APP), default_timeout=30).run()
    app._page_hash = calc_hash(name) if name != "overview" else ""
    app.query_params.update(query)
    app.run()
    assert not app.exception, app.exception
    return app


def texts(app: AppTest) -> list[str]:
    return [element.value for element in app.text]


def test_the_overview_answers_first(database: Database) -> None:
    app = visit("overview")
    assert "960 messages claimed to be from your domains; 93.8\N{NO-BREAK SPACE}% passed DMARC." in texts(app)
    assert [metric.value for metric in app.metric[:2]] == ["960", "93.8\N{NO-BREAK SPACE}%"]
    assert len(app.metric) <= 5


def test_the_overview_speaks_japanese(database: Database) -> None:
    app = visit("overview", lang="ja")
    assert any(text.startswith("あなたのドメインを名乗るメールは960通で") for text in texts(app))


def test_senders_lists_services_with_the_largest_first(database: Database) -> None:
    app = visit("senders")
    assert app.dataframe[0].value["service"].tolist() == ["Own Mail", SHOWN]
    assert any(text.startswith("2 services sent 960 messages") for text in texts(app))


def test_senders_drills_down_to_the_records(database: Database) -> None:
    service = visit("senders", service=ATTACK)
    assert service.dataframe[0].value["source_ip"].tolist() == ["198.51.100.9"]
    source = visit("senders", service=ATTACK, ip="198.51.100.9")
    records = source.dataframe[0].value
    assert records["reporter"].tolist() == [SHOWN]
    assert records["disposition"].tolist() == ["quarantined"]
    assert records["dkim"].tolist() == ["d=esp.example s=s1 pass"]
    assert "AS64500 Example Net" in texts(source)


def test_a_report_whose_bytes_are_gone_is_still_described(database: Database) -> None:
    sha256 = payload_sha256(the_report())
    app = visit("senders", service=ATTACK, ip="198.51.100.9", report=sha256, record="1")
    assert f"Report of {SHOWN}" in texts(app)
    assert "The raw bytes are not kept in the spool." in texts(app)


def test_where_records_were_dropped_the_pages_say_so_and_the_numbers_stay(database: Database) -> None:
    facts = [element.value for element in visit("senders", ip="192.0.2.1").text]
    with database.write() as connection:
        prune.apply(connection, Prune(datetime.now(UTC).replace(tzinfo=None), "anna", YESTERDAY + timedelta(days=1)))
    day = ENGLISH.day(YESTERDAY + timedelta(days=1))
    said = f"Records before {day} are not kept (daily sums are)."
    source = visit("senders", ip="192.0.2.1")
    assert texts(source) == facts
    assert source.dataframe[0].value.empty
    report = {"report": payload_sha256(the_report())}
    for app in (source, visit("reports"), visit("reports", **report), visit("senders", ip="192.0.2.1", **report)):
        assert said in [caption.value for caption in app.caption]
    japanese = visit("senders", ip="192.0.2.1", lang="ja")
    assert any("より前のレコードは保存されていません" in caption.value for caption in japanese.caption)
    assert "960 messages claimed" in texts(visit("overview"))[1]


def test_failing_says_why_in_words(database: Database) -> None:
    app = visit("failing")
    assert app.dataframe[0].value["cause"].tolist() == ["DKIM and SPF pass for other domains"]
    one = visit("failing", service=ATTACK, header_from="example.com", cause="not_aligned_both")
    why = next(text for text in texts(one) if text.startswith("It signs"))
    assert why == (
        "It signs with d=esp.example s=s1 (pass). SPF passes for the bounce domain bounce.esp.example. "
        "Neither belongs to example.com, so DMARC fails."
    )
    assert "Quarantined: 60. Rejected: 0. No action by the receiver: 0." in texts(one)


def test_reports_counts_fates_and_filters_by_them(database: Database) -> None:
    keep_payload(database, fate="rejected", reason="not XML")
    app = visit("reports")
    assert app.dataframe[0].value["fate"].tolist().count("accepted") == 1
    rejected = visit("reports", fate="rejected")
    assert rejected.dataframe[0].value["reason"].tolist() == ["not XML"]


def test_reports_are_filtered_by_reporter(database: Database) -> None:
    keep(database, a_report(day=YESTERDAY, reporter="other.example", reporter_raw="other.example"))
    assert len(visit("reports").dataframe[0].value) == 2
    app = visit("reports", reporter="other.example")
    assert app.dataframe[0].value["reporter"].tolist() == ["other.example"]


def test_a_filter_without_hits_says_which_filter(database: Database) -> None:
    app = visit("reports", search="zzz\u202e", fate="accepted")
    assert any("fate accepted, search “zzz⟨U+202E⟩”" in text for text in texts(app))


@pytest.mark.parametrize("page", ["overview", "senders", "failing", "registry", "unauthorized"])
def test_a_domain_without_reports_is_named_and_there_is_a_way_out(database: Database, page: str) -> None:
    app = visit(page, domain="<b>nix</b>.example")
    assert any("<b>nix</b>.example" in text for text in texts(app))
    assert "Show all domains" in [button.label for button in app.button]


def test_old_data_is_called_old_and_offered(path: Path) -> None:
    keep(Database(path), a_report(day=YESTERDAY - timedelta(days=59)))
    app = visit("overview")
    assert any(text.startswith("The newest data is 60 days old") for text in texts(app))
    next(button for button in app.button if button.label.startswith("Show the 28 days")).click().run()
    assert any(text.startswith("1 message claimed") for text in texts(app))
    assert app.query_params["until"] == (YESTERDAY - timedelta(days=59)).isoformat()


def test_few_messages_get_no_percentage(path: Path) -> None:
    keep(Database(path), a_report(a_record(27, aligned="dkim"), a_record(2), day=YESTERDAY))
    assert "29 messages claimed to be from your domains; 27 of 29 passed DMARC." in texts(visit("overview"))


@pytest.mark.parametrize("page", ["overview", "senders", "failing", "registry", "reports", "unauthorized"])
def test_without_a_database_the_commands_are_shown(path: Path, page: str) -> None:
    app = visit(page)
    assert [code.value for code in app.code] == ["whosends poll", "whosends load PATH", "whosends demo"]


def test_an_empty_database_shows_them_too(path: Path) -> None:
    keep(Database(path))
    assert visit("overview").code[0].value == "whosends poll"


def test_a_damaged_database_is_a_calm_sentence(path: Path) -> None:
    path.write_bytes(b"no database at all" * 1000)
    app = visit("overview")
    assert [header.value for header in app.header] == ["The database could not be read."]


def test_the_page_shows_new_data_at_once(database: Database) -> None:
    app = visit("overview")
    keep(database, a_report(a_record(40, aligned="dkim"), day=YESTERDAY, report_id="r-2"))
    assert any(text.startswith("1,000 messages") for text in texts(app.run()))


@pytest.mark.parametrize("name", ["overview", "senders", "failing", "registry", "reports", "unauthorized"])
def test_a_nonsense_address_does_no_harm(database: Database, name: str) -> None:
    nonsense = {
        "window": "x",
        "since": "2026-99-99",
        "page": "-3",
        "fate": "x",
        "ip": "\x00",
        "cause": "x",
        "lang": "\u202e",
    }
    visit(name, **nonsense)


def test_strangers_text_stands_in_no_element_that_reads_markdown(database: Database) -> None:
    for page, query in (
        ("overview", {}),
        ("senders", {"service": ATTACK}),
        ("senders", {"side": "unknown"}),
        ("unauthorized", {"by": "envelope"}),
        ("senders", {"service": ATTACK, "ip": "198.51.100.9"}),
        ("failing", {"service": ATTACK, "header_from": "example.com", "cause": "not_aligned_both"}),
        ("reports", {"search": ATTACK, "domain": ATTACK}),
    ):
        app = visit(page, **query)
        markdown = [
            element.value for kind in (app.markdown, app.caption, app.header, app.subheader) for element in kind
        ]
        labels = [element.label for kind in (app.button, app.selectbox, app.metric) for element in kind]
        for text in (*markdown, *labels):
            assert "<script>" not in str(text)
            assert "](" not in str(text)
