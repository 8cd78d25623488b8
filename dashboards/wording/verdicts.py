"""Verdicts in words: what it is, what was seen, and the one next step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from dashboards.wording import sentences
from dashboards.wording.plain import plain
from dashboards.wording.runbook import runbook
from dashboards.wording.words import NOTHING

if TYPE_CHECKING:
    from analytics.services.model import Service
    from analytics.window import Window
    from dashboards.wording.words import Words

BY_ITS_SETUP = {"M1", "M2", "M3", "M4", "M5", "E1", "A2"}  # rules whose step is done at the service
SHOWN = 3  # pieces of evidence against one address


def verdict(words: Words, row: pd.Series[Any]) -> str:
    """What it is, of a row of `analytics.verdict.answers.VERDICTS`."""
    return words(f"verdict.{row['verdict']}.{row['kind']}")


def side(words: Words, value: str) -> str:
    """A side of the split of all mail."""
    return words(f"side.{value}")


def confidence(words: Words, value: str) -> str:
    """How sure a verdict is."""
    return words(f"confidence.{value}")


def seen(words: Words, row: pd.Series[Any]) -> str:
    """What receivers saw in most of these mails."""
    said = []
    if pd.notna(row["our_domain"]):
        said.append(
            words(
                "seen.ours",
                domain=_text(row["our_domain"]),
                selector=_text(row["our_selector"]),
                result=_text(row["our_result"]),
            )
        )
    if pd.notna(row["other_domain"]):
        name = {"domain": _text(row["other_domain"]), "selector": _text(row["other_selector"])}
        said.append(words("seen.other", header_from=_text(row["header_from"]), **name))
    if not said:
        said.append(words("seen.unsigned"))
    if pd.notna(row["spf_result"]):
        said.append(words("seen.spf", result=_text(row["spf_result"]), domain=_text(row["spf_domain"])))
    else:
        said.append(words("seen.no_spf"))
    if row["envelope_from"] == "":
        said.append(words("seen.null_sender"))
    if row["override"]:
        said.append(words("seen.override", reasons=_text(row["override"])))
    return words("seen.join").join(said)


def proof(words: Words, rows: pd.DataFrame) -> str:
    """What receivers saw of one address, of rows of `analytics.verdict.takedown`: the first SHOWN of them, and how many more."""
    told = [
        words(
            "proof.one",
            messages=words.some("messages", int(row["messages"])),
            header_from=sentences.named(words, row["header_from"]),
            seen=seen(words, row),
        )
        for _, row in rows.head(SHOWN).iterrows()
    ]
    rest = len(rows) - len(told)
    return words("proof.join").join([*told, words("proof.more", n=words.number(rest))] if rest else told)


def next_step(words: Words, row: pd.Series[Any], service: Service | None = None) -> str:
    """The one thing to do, with the service's own instruction where the catalogue has one."""
    names = {name: _text(row[name]) for name in ("header_from", "our_domain", "our_selector")}
    shown = service.name if service is not None else sentences.named(words, row["service"])
    step = words(f"next.{row['rule_id']}", service=shown, **names)
    fix = "" if service is None else (service.fix_ja if words.language == "ja" else service.fix_en)
    return words("next.fix", step=step, fix=fix) if fix and row["rule_id"] in BY_ITS_SETUP else step


def told(words: Words, row: pd.Series[Any], service: Service | None = None) -> list[str]:
    """A row in lines: whose mail and how much of it, what was seen, what to do, and where more is said of that."""
    line = words(
        "verdicts.line",
        service=sentences.named(words, row["service"]),
        header_from=sentences.named(words, row["header_from"]),
        messages=words.some("messages", int(row["messages"])),
        verdict=verdict(words, row),
        rule=str(row["rule_id"]),
        confidence=confidence(words, row["confidence"]),
    )
    step = next_step(words, row, service)
    lines = [line, words("verdicts.seen", seen=seen(words, row)), words("verdicts.next", step=step)]
    if pd.notna(row["act_no"]):
        lines.append(said(words, row))
    page = runbook(words, row["rule_id"])
    return lines if page is None else [*lines, words("verdicts.more", page=page)]


def said(words: Words, row: pd.Series[Any]) -> str:
    """Who says so in place of the rules, why, and until when."""
    text = words("verdicts.said", who=_text(row["said_by"]), why=_text(row["said_why"]))
    until = row["said_until"]
    return text if pd.isna(until) else words("verdicts.said.until", said=text, day=words.day(until))


def for_scripts(words: Words, row: pd.Series[Any], service: Service | None = None) -> dict[str, str | None]:
    """What was seen, what to do and the page about it, each by its name."""
    return {
        "seen": seen(words, row),
        "next": next_step(words, row, service),
        "runbook": runbook(words, row["rule_id"]),
    }


def title(words: Words, window: Window) -> str:
    """The days and the domain that verdicts are about."""
    days = words("verdicts.title", since=str(window.since), until=str(window.until))
    return words("verdicts.title.domain", days=days, domain=plain(window.domain)) if window.domain else days


def nothing(words: Words, window: Window) -> str:
    """What is said of days without mail."""
    return words("verdicts.nothing", days=title(words, window))


def headings(words: Words) -> tuple[str, str, str, str]:
    """Of the split of all mail."""
    return words("verdicts.whose"), words("column.messages"), words("column.share"), words("column.dmarc")


def _text(value: object) -> str:
    return plain(value) or NOTHING
