"""Every verdict has a name and a next step in both languages, and says what was seen in plain words."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from analytics.services.catalogue import catalogue
from analytics.verdict.answers import VERDICTS
from analytics.verdict.rules import RULES, Side
from dashboards.wording import verdicts
from dashboards.wording.words import ENGLISH, JAPANESE, Words


def a_row(**values: Any) -> pd.Series[Any]:
    nothing = {column.name: float("nan") for column in VERDICTS}
    usual = {"verdict": "misconfigured", "kind": "both_elsewhere", "rule_id": "M3", "service": "Twilio SendGrid"}
    return pd.Series(nothing | {"header_from": "example.com", "override": ""} | usual | values)


@pytest.mark.parametrize("words", [ENGLISH, JAPANESE], ids=["en", "ja"])
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_is_named_and_has_one_next_step(words: Words, rule: Any) -> None:
    row = a_row(verdict=str(rule.verdict), kind=rule.kind, rule_id=rule.id)
    assert verdicts.verdict(words, row)
    assert verdicts.next_step(words, row).endswith((".", "。"))


@pytest.mark.parametrize("words", [ENGLISH, JAPANESE], ids=["en", "ja"])
def test_sides_and_confidence_have_words(words: Words) -> None:
    assert len({verdicts.side(words, str(side)) for side in Side}) == len(Side)
    assert len({verdicts.confidence(words, sure) for sure in ("high", "medium", "low")}) == 3


def test_what_was_seen_names_signature_bounce_domain_and_reasons() -> None:
    row = a_row(
        other_domain="sendgrid.net",
        other_selector="s1",
        spf_domain="u123.wl.sendgrid.net",
        spf_result="pass",
        envelope_from="",
        override="arc",
    )
    assert verdicts.seen(ENGLISH, row) == (
        "signed with d=sendgrid.net s=s1: passes, but is not example.com; SPF pass for u123.wl.sendgrid.net; empty MAIL FROM; receivers say: arc"
    )
    assert verdicts.seen(ENGLISH, a_row()) == "not signed; no SPF result"


def test_what_a_stranger_wrote_is_shown_as_plain_text() -> None:
    shown = verdicts.seen(ENGLISH, a_row(our_domain="example.com", our_selector="a\u202eb\x1b[1m", our_result="fail"))
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_the_catalogue_says_how_it_is_done_at_the_service() -> None:
    sendgrid = catalogue().by_id["sendgrid"]
    for words, fix in ((ENGLISH, sendgrid.fix_en), (JAPANESE, sendgrid.fix_ja)):
        assert fix
        assert fix in verdicts.next_step(words, a_row(), sendgrid)
        assert fix not in verdicts.next_step(
            words, a_row(rule_id="S2", verdict="spoofing", kind="foreign_envelope"), sendgrid
        )
