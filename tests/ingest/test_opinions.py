"""Opinions say what they mean in one form, and refuse what cannot be."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import opinions
from ingest.errors import SettingsError
from ingest.opinions import By, Opinion, OpinionAct, Subject, What, subject_of
from tests.fakes.opinions import NOON, a_mute, an_act, an_opinion


@pytest.mark.parametrize(
    ("by", "value", "kept"),
    [
        (By.SOURCE, " 192.0.2.7/32 ", "192.0.2.7"),
        (By.SOURCE, "2001:DB8:0::/48", "2001:db8::/48"),
        (By.SOURCE, "::ffff:192.0.2.7", "192.0.2.7"),
        (By.SOURCE, "(no valid address)", "(no valid address)"),
        (By.ENVELOPE, "Bounce.Example.COM.", "bounce.example.com"),
        (By.ENVELOPE, "(Null sender)", "(null sender)"),
        (By.NAME, "日本.example", "xn--wgv71a.example"),
        (By.NETWORK, " Example Net (AS64500)", "Example Net (AS64500)"),
        (By.NETWORK, "unknown network", "unknown network"),
        (By.COUNTRY, "jp", "JP"),
        (By.COUNTRY, "unknown country", "unknown country"),
        (By.PATTERN, "dkim=pass (elsewhere) spf=not reported", "dkim=pass (elsewhere) spf=not reported"),
        (By.SERVICE, "SendGrid", "SendGrid"),
    ],
)
def test_a_subject_is_kept_in_one_form(by: By, value: str, kept: str) -> None:
    made = subject_of(by, value)
    assert made == Subject(by, kept, "*")
    assert subject_of(made.by, made.value, made.domain) == made


@pytest.mark.parametrize(
    ("by", "value", "domain", "says"),
    [
        (By.SOURCE, "192.0.2.1/24", "*", "is no network"),
        (By.SOURCE, "192.0.2", "*", "no address"),
        (By.SOURCE, "0.0.0.0/0", "*", "that large"),
        (By.ENVELOPE, "a b", "*", "is no domain"),
        (By.NAME, "", "*", "is no domain"),
        (By.NAME, "example.org", "example.com", "does not lie under example.com"),
        (By.COUNTRY, "Japan", "*", "is no country"),
        (By.PATTERN, "spf=fail", "*", "is no pattern"),
        (By.NETWORK, " ", "*", "is no network"),
        (By.NETWORK, "a\nb", "*", "is no network"),
        (By.SERVICE, "x" * 1001, "*", "too long"),
        (By.SERVICE, "a\x07", "*", "cannot be kept"),
        (By.SOURCE, "192.0.2.1", "a b", "is no domain"),
    ],
)
def test_what_fits_no_mail_is_refused(by: By, value: str, domain: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        subject_of(by, value, domain)


@pytest.mark.parametrize(
    ("act", "says"),
    [
        (replace(an_act(), who=" "), "who is missing"),
        (replace(an_act(), why=""), "why is missing"),
        (replace(an_act(), why="y" * 1001), "too long"),
        (replace(an_act(), who="a\x00"), "cannot be kept"),
        (an_act(What.OVERRIDE, an_opinion("JP", by=By.COUNTRY)), "override is not about a country"),
        (an_act(What.MUTE, a_mute("SendGrid", by=By.SERVICE)), "mute is not about a service"),
        (an_act(What.WITHDRAW_MUTE, a_mute("SendGrid", by=By.SERVICE)), "not about a service"),
        (an_act(What.OVERRIDE, an_opinion(verdict="spoofing")), "no verdict"),
        (an_act(What.OVERRIDE, an_opinion(verdict="")), "no verdict"),
        (an_act(What.MUTE, an_opinion()), "gives no verdict"),
        (an_act(What.WITHDRAW_OVERRIDE, an_opinion()), "gives no verdict"),
        (an_act(What.WITHDRAW_OVERRIDE, an_opinion(verdict="", until=date(2026, 3, 5))), "no last day"),
    ],
)
def test_what_cannot_be_said_so_is_refused(act: OpinionAct, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        opinions.checked(act)


def test_an_act_is_kept_without_blanks_and_with_its_subject_in_one_form() -> None:
    said = replace(an_act(opinion=Opinion(Subject(By.NAME, " EXAMPLE.com"), "spoofing.direct")), who=" anna ")
    assert opinions.checked(said) == an_act(opinion=an_opinion("example.com", by=By.NAME))


def test_each_kind_is_taken_back_by_its_own_withdrawal() -> None:
    assert {what.kind: what.withdrawal for what in What} == {
        What.OVERRIDE: What.WITHDRAW_OVERRIDE,
        What.MUTE: What.WITHDRAW_MUTE,
    }
    assert {what.withdrawal.kind for what in What} == {What.OVERRIDE, What.MUTE}


def test_an_act_made_plain_comes_back() -> None:
    act = an_act(opinion=an_opinion(domain="example.com", until=date(2026, 12, 31)))
    assert opinions.act_of(opinions.plain(act) | {"act_no": 7}) == act
    assert str(act.opinion.subject) == "source 192.0.2.0/24 (example.com)"


_acts = st.lists(
    st.tuples(st.sampled_from(What), st.sampled_from(["192.0.2.1", "192.0.2.2"]), st.sampled_from(["a.b", "c.d"]))
)


@given(_acts)
def test_only_the_last_act_about_a_subject_counts_and_a_withdrawal_ends_it(said: list[tuple[What, str, str]]) -> None:
    acts = [
        an_act(
            what, an_opinion(value, verdict if what is What.OVERRIDE else ""), at_utc=NOON + timedelta(seconds=second)
        )
        for second, (what, value, verdict) in enumerate(said)
    ]
    last = {act.key: act for act in acts}
    held = opinions.standing(acts)
    assert held == {key: act for key, act in last.items() if act.what in {What.OVERRIDE, What.MUTE}}
    assert [act.at_utc for act in held.values()] == sorted(act.at_utc for act in held.values())
