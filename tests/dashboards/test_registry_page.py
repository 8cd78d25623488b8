"""The Registry page: who may send as us, who could, and decisions about it with a name and a reason."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import pytest

from analytics.registry import acts
from dashboards import app as dashboard
from dashboards import context
from dashboards.address import Address
from dashboards.pages import registry_links
from ingest import registering, wiring
from ingest.registry import Decision
from ingest.settings import Settings
from ingest.store.connect import Database
from tests.dashboards.test_pages import ATTACK, SHOWN, YESTERDAY, texts, visit
from tests.fakes.facts import a_record, a_report, keep, keep_source
from tests.fakes.senders import an_entry, register

if TYPE_CHECKING:
    from pathlib import Path

    from streamlit.testing.v1 import AppTest

    from ingest.registry import Entry


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Yesterday 900 messages passed with our key `s1`, sent by Own Mail; nobody is registered."""
    settings = Settings(db=tmp_path / "pages.duckdb")
    monkeypatch.setenv("WHOSENDS_DB", str(settings.db))
    monkeypatch.chdir(tmp_path)
    database = Database(settings.db)
    keep(database, a_report(a_record(900, aligned="both", source_ip="192.0.2.1"), day=YESTERDAY))
    keep_source(database, "192.0.2.1", service="Own Mail", service_kind="Technology")
    return settings


def decide(app: AppTest, what: str, *, who: str = "anna", why: str = "asked the team", **typed: str) -> AppTest:
    for name, text in ({"who": who, "why": why} | typed).items():
        field = app.text_area if name in {"domains", "rules"} else app.text_input
        field(f"sender {name}").set_value(text)
    app.button(f"sender {what}").click()
    app.run()
    assert not app.exception, app.exception
    return app


def entry(settings: Settings, entry_id: str) -> Entry:
    return registering.history(settings, entry_id)[-1].entry


def texts_of_tables(app: AppTest) -> list[list[str]]:
    return [table.value.iloc[:, 0].tolist() for table in app.dataframe]


def test_with_nobody_registered_the_page_says_what_to_do_next(settings: Settings) -> None:
    app = visit("registry")
    assert "Nobody is registered yet: no mail is known to be yours." in texts(app)
    assert "Decide next about 1 sender that passed DMARC in these days and stands in no entry: Own Mail." in texts(app)
    assert any(text.startswith("Approve what is yours among the proposals below") for text in texts(app))
    assert texts_of_tables(app) == [["Own Mail"]]
    assert app.dataframe[0].value["rules"].tolist() == ["dkim:example.com/s1"]


def test_before_the_first_report_an_entry_can_be_made(settings: Settings) -> None:
    settings.db.unlink()
    register(settings, an_entry("news"))
    app = visit("registry")
    assert "The registry holds 1 entry: 1 approved." in texts(app)
    assert texts_of_tables(app) == [["News"]]
    app = decide(visit("registry", propose="1"), "deny", name="Old", domains="*", rules="ip:192.0.2.1")
    assert "Done: Old is in the registry now, denied." in texts(app)


@pytest.mark.parametrize(
    ("what", "said"), [("approve", "approved"), ("deny", "denied"), ("ignore", "ignored")], ids=str
)
def test_a_proposal_is_decided_about_in_a_form_that_is_filled_already(settings: Settings, what: str, said: str) -> None:
    app = visit("registry", propose="own-mail")
    assert "Own Mail passed DMARC as you with 900 messages from 1 address, told by 1 reporter. Is it yours?" in texts(
        app
    )
    app = decide(app, what)
    assert f"Done: Own Mail is in the registry now, {said}." in texts(app)
    assert app.query_params["entry"] == ["own-mail"] or app.query_params["entry"] == "own-mail"
    made = entry(settings, "own-mail")
    assert (made.decision, made.domains) == (Decision(what), ("example.com",))
    assert [str(rule) for rule in made.rules] == ["dkim:example.com/s1!tenant"]
    assert app.text_input("sender who").value == "anna"
    assert app.text_input("sender why").value == ""
    listed = visit("registry")
    assert f"The registry holds 1 entry: 1 {said}." in texts(listed)
    assert "All that passed DMARC in these days and can be told apart is registered." in texts(listed)


@pytest.mark.parametrize(("who", "why"), [("", "because"), ("anna", "  ")])
def test_without_a_name_or_a_reason_nothing_is_done_and_what_was_typed_stays(
    settings: Settings, who: str, why: str
) -> None:
    register(settings, an_entry("news"))
    app = decide(visit("registry", entry="news"), "edit", who=who, why=why, owner="Marketing")
    assert "Nothing was done: say who you are, and why." in texts(app)
    assert app.text_input("sender owner").value == "Marketing"
    assert entry(settings, "news").owner == ""


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"name": " "}, "Nothing was done: say what people call it."),
        ({"domains": ""}, "Nothing was done: name a domain, or * for all of yours."),
        ({"rules": "\n"}, "Nothing was done: without a rule it fits no mail."),
        ({"rules": "ip:192.0.2.1/24"}, "192.0.2.1/24 is no network. (did you mean ip:192.0.2.0/24?)"),
        ({"domains": "a b..c"}, "'b..c' is no domain. (write it as in a mail address: example.com)"),
        ({"rules": ATTACK}, "is no match rule"),
        ({}, "Nothing was done: it is so already."),
    ],
)
def test_what_cannot_be_is_refused_in_words(settings: Settings, typed: dict[str, str], said: str) -> None:
    register(settings, an_entry("news"))
    app = decide(visit("registry", entry="news"), "edit", **typed)
    assert any(said in text for text in texts(app)), texts(app)
    assert len(registering.history(settings, "news")) == 1


def test_only_what_a_person_changed_is_changed(settings: Settings) -> None:
    register(settings, an_entry("news", owner="Sales"))
    app = visit("registry", entry="news")
    registering.decide(settings, "news", None, registering.Said({"ticket": "T-1"}), who="ben", why="a ticket")
    app = decide(app, "edit", owner="Marketing")
    assert "Done: Owner: Sales → Marketing." in texts(app)
    assert (entry(settings, "news").owner, entry(settings, "news").ticket) == ("Marketing", "T-1")
    assert app.text_input("sender ticket").value == "T-1"


def test_what_a_rule_proves_follows_the_domains_that_stand_beside_it(settings: Settings) -> None:
    register(settings, an_entry("news", "dkim:example.com/s1", "dkim:example.org/s1"))
    app = visit("registry", entry="news")
    assert app.dataframe[0].value["proof"].str.partition(":")[0].tolist() == ["you", "the service"]
    app = decide(app, "edit", domains="example.com\nExample.ORG.")
    assert entry(settings, "news").domains == ("example.com", "example.org")
    assert app.dataframe[0].value["proof"].str.partition(":")[0].tolist() == ["you", "you"]
    assert app.text_area("sender domains").value == "example.com\nexample.org"


def test_another_decision_is_a_button(settings: Settings) -> None:
    register(settings, an_entry("news"))
    app = visit("registry", entry="news")
    assert "News is approved: it may send as example.com." in texts(app)
    assert {str(one.key) for one in app.button if str(one.key).startswith("sender ")} == {
        *("sender edit", "sender deny", "sender ignore", "sender retire")
    }
    app = decide(app, "deny")
    assert "Done: News is denied now." in texts(app)
    assert "News is denied: it may not send as example.com." in texts(app)


def test_the_history_tells_every_act_newest_first(settings: Settings) -> None:
    register(settings, an_entry("news"))
    app = decide(visit("registry", entry="news"), "edit", why=ATTACK, rules="dkim:example.com/s2")
    shown = app.dataframe[1].value
    assert shown["what"].tolist() == ["changed", "approved"]
    assert shown["why"].tolist() == [SHOWN, "asked the team"]
    assert shown["changed"].tolist() == [
        "Rules: added dkim:example.com/s2!tenant, removed dkim:example.com/s1!tenant",
        "new entry; Domains: example.com; Rules: dkim:example.com/s1",
    ]
    told = acts.frame(acts.history(wiring.database(settings), "news"))
    assert told["changed"].iloc[0] == ["rules"]
    assert told["why"].iloc[0] == ATTACK


def test_an_entry_ends_and_can_go_on(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    register(settings, an_entry("news"))
    app = visit("registry", entry="news")
    app.date_input("retire day").set_value(YESTERDAY)
    app.text_input("retire who").set_value("anna")
    app.text_input("retire why").set_value("contract ended")
    app.button("sender retire").click()
    app.run()
    assert not app.exception
    assert any(text.startswith("Done: News holds until") for text in texts(app))
    assert any(text.startswith("It held until") for text in texts(app))
    assert entry(settings, "news").valid_to == YESTERDAY
    assert "sender retire" not in {one.key for one in app.button}
    assert any(text.startswith("1 of these no longer holds") for text in texts(visit("registry")))
    app.date_input("sender valid_to").set_value(None)
    decide(app, "edit", why="renewed")
    assert entry(settings, "news").valid_to is None


def test_entries_that_are_over_stand_last(settings: Settings) -> None:
    over = an_entry("a", valid_to=YESTERDAY - timedelta(days=1))
    register(settings, over, an_entry("c"), an_entry("b", valid_to=YESTERDAY + timedelta(days=9)))
    assert texts_of_tables(visit("registry"))[0] == ["B", "C", "A"]


def test_an_entry_of_long_ago_can_be_looked_at(settings: Settings) -> None:
    register(settings, an_entry("news", valid_from=date(1, 1, 1), valid_to=date(9999, 12, 31), name="n" * 1000))
    app = visit("registry", entry="news")
    assert app.date_input("sender valid_from").value == date(1, 1, 1)


def test_the_domain_limits_the_list_and_there_is_a_way_out(settings: Settings) -> None:
    register(
        settings, an_entry("news"), an_entry("org", domains=("mail.example.org",)), an_entry("all", domains=("*",))
    )
    assert texts_of_tables(visit("registry", domain="example.org"))[0] == ["All", "Org"]
    assert "The registry holds 2 entries about example.org: 2 approved." in texts(
        visit("registry", domain="example.org")
    )
    register(settings, an_entry("all", domains=("example.com",)))
    app = visit("registry", domain=f"{ATTACK}.example")
    assert any(text.startswith("No entry of the registry speaks of <script>") for text in texts(app))
    assert "Show all domains" in [button.label for button in app.button]


def test_another_page_leads_to_a_form_that_is_filled_already(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"name": ATTACK, "rule": "dkim:example.com/s1 ip:192.0.2.0/24!vendor", "domain": "example.com example.org"}
    monkeypatch.setitem(dashboard.PAGES, "senders", lambda: registry_links.offer(context.visit(), **told))
    (link,) = [one for one in visit("senders", window="7d").page_link if one.proto.label.startswith("Approve")]
    app = visit("registry", **dict(parse_qsl(link.proto.query_string)))
    assert f"May {SHOWN} send as you?" in texts(app)
    assert app.text_area("sender rules").value == "dkim:example.com/s1\nip:192.0.2.0/24!vendor"
    assert app.text_area("sender domains").value == "example.com\nexample.org"
    app = decide(app, "approve", name="List")
    assert [str(rule) for rule in entry(settings, "list").rules] == [
        *("dkim:example.com/s1!tenant", "ip:192.0.2.0/24!vendor")
    ]


def test_of_too_many_rules_an_address_holds_the_first(settings: Settings) -> None:
    rules = " ".join(f"dkim:example.com/key{number}" for number in range(100))
    drill = registry_links._drill(name="n" * 999, rule=rules, domain="example.com")
    assert Address.read(drill).drill == drill
    assert rules.startswith(drill["rule"] + " ")


def test_what_is_registered_already_is_offered_to_be_opened(settings: Settings) -> None:
    register(settings, an_entry("news"))
    app = visit("registry", propose="1", name="News", rule="service:crm", from_domain="example.com")
    assert "There is an entry with this name already: news." in texts(app)
    app = decide(app, "approve")
    assert any("there is an entry news already" in text for text in texts(app))
    assert len(registering.history(settings, "news")) == 1


def test_whoever_is_slower_is_refused_calmly(settings: Settings) -> None:
    app = visit("registry", propose="own-mail")
    register(settings, an_entry("own-mail"))
    app = decide(app, "approve")
    assert "Nothing was done. there is a sender 'own-mail' already. (name it by its ID, or choose another ID)" in texts(
        app
    )


def test_an_unknown_entry_is_said_to_be_unknown(settings: Settings) -> None:
    assert f"There is no entry {SHOWN} in the registry." in texts(visit("registry", entry=ATTACK))


def test_a_database_that_cannot_be_written_is_a_calm_sentence(settings: Settings) -> None:
    app = visit("registry", propose="own-mail")
    (settings.spool / "journal.jsonl").mkdir(parents=True)
    app = decide(app, "approve")
    assert any(text.startswith("The database cannot be written at the moment.") for text in texts(app))


def test_a_strangers_text_stands_in_no_element_that_reads_markdown(settings: Settings) -> None:
    register(settings, an_entry("news", name=ATTACK, owner=ATTACK, note=ATTACK), why=ATTACK)
    for query in (
        {},
        {"entry": "news"},
        {"entry": ATTACK},
        {"propose": ATTACK, "name": ATTACK, "rule": ATTACK, "from_domain": ATTACK},
    ):
        app = visit("registry", **query)
        markdown = [str(one.value) for kind in (app.markdown, app.caption, app.header, app.subheader) for one in kind]
        labels = [one.label for kind in (app.button, app.text_input, app.text_area, app.checkbox) for one in kind]
        assert not [text for text in markdown + labels if "<script>" in text or "](" in text]
    assert SHOWN in [text.value for text in visit("registry", entry="news").text]
    before = entry(settings, "news")
    decide(visit("registry", entry="news"), "edit", ticket="T-1")
    assert entry(settings, "news").note == before.note


def test_the_page_speaks_japanese(settings: Settings) -> None:
    app = decide(visit("registry", propose="own-mail", lang="ja"), "approve", who="花子", why="確認済み")
    assert "Own Mail を台帳に登録しました(承認)。" in texts(app)
    assert "Own Mail は承認済みです。example.com として送信できます。" in texts(app)
    assert "台帳には1件の登録があります(承認 1)。" in texts(visit("registry", lang="ja"))
