"""Both languages are complete, numbers say no more than they know, strangers' text is harmless."""

from __future__ import annotations

import math
import re
from datetime import date, datetime
from pathlib import Path
from string import Formatter

import pandas as pd
import pytest

from analytics.changes import Kind
from analytics.failing import Cause
from analytics.labels import NO_ADDRESS, NO_DOMAIN, UNKNOWN_NETWORK
from dashboards.wording import sentences
from dashboards.wording.colours import DARK, LIGHT, Palette
from dashboards.wording.plain import MAX_CHARACTERS, label, plain, plain_columns, visible
from dashboards.wording.words import ENGLISH, JAPANESE, LANGUAGES, choose
from ingest.model import Fate

DASHBOARDS = Path(__file__).resolve().parents[2] / "dashboards"
BY_LANGUAGE = {"format.span.same_year"}  # each language leaves out another year
NAN = float("nan")


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def test_both_languages_have_the_same_sentences() -> None:
    assert ENGLISH.text.keys() == JAPANESE.text.keys()
    assert all(text.strip() for words in LANGUAGES.values() for text in words.text.values())


@pytest.mark.parametrize("key", sorted(ENGLISH.text.keys() - BY_LANGUAGE))
def test_both_languages_say_the_same_things(key: str) -> None:
    assert fields(ENGLISH.text[key]) == fields(JAPANESE.text[key])


def test_every_sentence_that_a_page_asks_for_exists_and_none_is_left_over() -> None:
    code = "\n".join(
        path.read_text(encoding="utf-8")
        for path in DASHBOARDS.rglob("*.py")
        if path.name
        not in {
            *("en.py", "ja.py", "en_registry.py", "ja_registry.py", "en_verdicts.py", "ja_verdicts.py", "retention.py"),
            *("en_whose.py", "ja_whose.py"),
        }
        and not {"cli", "demo"} & set(path.parts)
    )
    asked = set(re.findall(r"""words\(\s*["']([a-z_0-9.]+)["']""", code))
    assert asked <= ENGLISH.text.keys()
    literal = set(re.findall(r'"([a-z_0-9]+(?:\.[a-z_0-9]+)+)"', code))
    begun = tuple(re.findall(r'f"([a-z_]+(?:\.[a-z_]+)*\.)\{', code))
    counted = {f"{noun}.{form}" for noun in re.findall(r'some\("([a-z]+)"', code) for form in ("one", "other")}
    ended = tuple(re.findall(r'f"\{key\}(\.[a-z]+)"', code))
    unused = {
        key
        for key in ENGLISH.text.keys() - asked - literal - counted
        if not key.startswith(begun) and not key.endswith(ended)
    }
    assert unused == set()


@pytest.mark.parametrize("words", LANGUAGES.values(), ids=str)
def test_every_closed_set_has_its_words(words: object) -> None:
    text = LANGUAGES[words.language].text  # type: ignore[attr-defined]
    for cause in Cause:
        assert {f"cause.{cause}", f"cause.short.{cause}", f"meaning.{cause}"} <= text.keys()
    for kind in Kind:
        assert {f"change.{kind}", f"change.badge.{kind}"} <= text.keys()
    assert {f"fate.{fate.value}" for fate in Fate} <= text.keys()


def test_numbers_and_days_are_written_as_the_language_does() -> None:
    assert ENGLISH.some("messages", 1) == "1 message"
    assert ENGLISH.some("messages", 1_240_112) == "1,240,112 messages"
    assert JAPANESE.some("messages", 1_240_112) == "1,240,112通"
    assert ENGLISH.span(date(2026, 10, 27), date(2026, 11, 23)) == "27 Oct – 23 Nov 2026"
    assert ENGLISH.span(date(2025, 12, 27), date(2026, 1, 3)) == "27 Dec 2025 – 3 Jan 2026"
    assert ENGLISH.span(date(2026, 1, 3), date(2026, 1, 3)) == "3 Jan 2026"
    assert JAPANESE.span(date(2026, 10, 27), date(2026, 11, 23)) == "2026年10月27日～11月23日"
    assert ENGLISH.moment(datetime(2026, 11, 3, 7, 5)) == "3 Nov 2026, 07:05 UTC"  # noqa: DTZ001 - naive UTC


@pytest.mark.parametrize(
    ("rate", "shown"),
    [(1.0, "100 %"), (0.0, "0 %"), (0.9999, "99.9 %"), (0.0001, "under 0.1 %"), (0.9714, "97.1 %"), (NAN, "–")],
)
def test_a_rate_is_whole_only_when_it_is(rate: float, shown: str) -> None:
    assert ENGLISH.percent(rate).replace("\N{NO-BREAK SPACE}", " ") == shown


def test_few_messages_get_no_percentage() -> None:
    assert ENGLISH.passed(27, 29, 27 / 29) == "27 of 29"
    assert JAPANESE.passed(27, 29, 27 / 29) == "29通中27通"
    assert "%" in ENGLISH.passed(29, 30, 29 / 30)
    assert ENGLISH.passed(0, 0, NAN) == "–"


def test_differences_carry_their_sign() -> None:
    assert ENGLISH.points(0.971, 0.989) == "−1.8 points"
    assert ENGLISH.points(0.989, 0.971) == "+1.8 points"
    assert ENGLISH.points(0.5, 0.5) == "±0.0 points"
    assert ENGLISH.points(0.5, NAN) is None
    assert ENGLISH.change(5, 0) is None
    assert ENGLISH.change(3_000, 1) == "+299,900\N{NO-BREAK SPACE}%"


def test_a_language_is_chosen_by_the_first_wish_that_exists() -> None:
    assert choose("ja", "en") is JAPANESE
    assert choose(None, "ja-JP") is JAPANESE
    assert choose("xx", None, "de-DE") is ENGLISH


def test_hidden_characters_are_shown() -> None:
    assert visible("a\u202eb\x00c\n") == "a⟨U+202E⟩b⟨U+0000⟩c⟨U+000A⟩"
    assert visible("a\nb\tc", keep="\n\t") == "a\nb\tc"
    assert visible("日本語 ü") == "日本語 ü"
    assert plain("x\ud800y") == "x⟨U+D800⟩y"
    plain("x\ud800\udfffy").encode()


def test_punycode_stands_beside_unicode() -> None:
    assert plain("xn--r8jz45g.example") == "xn--r8jz45g.example (例え.example)"
    assert plain("xn--\x00.example").startswith("xn--⟨")
    assert plain("mail of xn--r8jz45g.example") == "mail of xn--r8jz45g.example"


def test_text_is_cut_and_missing_text_is_empty() -> None:
    assert len(plain("x" * 9_999)) == MAX_CHARACTERS + 1
    assert plain(None) == plain(NAN) == ""
    frame = plain_columns(pd.DataFrame({"a": ["x\u202e", None], "n": [1, 2]}), ["a"])
    assert frame["a"].tolist() == ["x⟨U+202E⟩", ""]


@pytest.mark.parametrize(
    "attack", ["**b**", "[x](javascript:alert(1))", "![](http://x)", ":red[x]", "$x$", "<b>", "`c`"]
)
def test_a_label_leaves_no_sign_that_markdown_would_read(attack: str) -> None:
    assert re.fullmatch(r"(?:\\[!-/:-@\[-`{-~]|[A-Za-z0-9 ])+", label(attack))


def test_what_a_report_left_out_has_our_own_word() -> None:
    for missing in (NO_ADDRESS, NO_DOMAIN, UNKNOWN_NETWORK):
        assert sentences.named(JAPANESE, missing) != missing
    assert sentences.named(ENGLISH, "Example Mail") == "Example Mail"


@pytest.mark.parametrize("cause", list(Cause))
@pytest.mark.parametrize("evidence", [("esp.example", "s1", "pass"), (None, None, None)])
def test_every_cause_is_told_with_and_without_evidence(cause: Cause, evidence: tuple[str | None, ...]) -> None:
    row = pd.Series(
        {
            "service": "ESP",
            "header_from": "example.com",
            "cause": cause,
            "dkim_domain": evidence[0],
            "dkim_selector": evidence[1],
            "dkim_result": evidence[2],
            "spf_domain": evidence[0],
            "spf_result": evidence[2],
        }
    )
    for words in LANGUAGES.values():
        told = sentences.cause(words, row) + sentences.meaning(words, row)
        assert "None" not in told
        assert "nan" not in told
    if evidence[0]:
        assert "esp.example" in sentences.cause(ENGLISH, row)


@pytest.mark.parametrize(("palette", "background"), [(LIGHT, "#FFFFFF"), (DARK, "#14181C")])
def test_verdict_colours_can_be_told_from_the_page(palette: Palette, background: str) -> None:
    for colour in (palette.fine, palette.broken, palette.indirect, palette.stranger, palette.unknown):
        assert contrast(colour, background) >= 3
    assert contrast(palette.text, background) >= 7
    assert contrast(palette.quiet, background) >= 4.5


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast ratio."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else math.pow((value + 0.055) / 1.055, 2.4) for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
