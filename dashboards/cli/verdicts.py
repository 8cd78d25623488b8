"""`verdicts`: whose mail it was, why we think so, and the one next step."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dashboards.cli import options

if TYPE_CHECKING:
    import pandas as pd

    from dashboards.wording.words import Words


class Language(StrEnum):
    """What verdicts, evidence and next steps are written in."""

    ENGLISH = "en"
    JAPANESE = "ja"


_Ours = Annotated[
    str | None,
    typer.Option(
        "--side",
        metavar="SIDE",
        help="Only this side: ours_fine, ours_broken, indirect, not_ours, unknown or excluded.",
    ),
]
_Lang = Annotated[
    Language, typer.Option("--lang", help="Language of the verdicts, of what was seen and of what to do.")
]


def verdicts(
    since: options.Since = None,
    until: options.Until = None,
    days: options.Days = options.DEFAULT_DAYS,
    domain: options.Domain = None,
    side: _Ours = None,
    limit: options.Limit = 20,
    lang: _Lang = Language.ENGLISH,
    config: options.Config = None,
    db: options.Db = None,
    json: options.Json = False,
) -> None:
    """Say of all mail whether it is yours, and what to do next.

    Every record has exactly one verdict, from the first rule that matches it (docs/verdicts.md). Lines are ranked by messages.
    "More" is a page of docs/runbook: how to check, what to change, how to know that it worked.

    [dim]Examples:[/dim]
      whosends verdicts
      whosends verdicts --side ours_broken --days 7
      whosends verdicts --domain example.com --lang ja
      whosends verdicts --domain example.com --json
    """
    from analytics.verdict import answers
    from analytics.verdict.rules import VERSION, Side
    from dashboards.cli import show
    from dashboards.wording import verdicts as worded
    from dashboards.wording.words import LANGUAGES
    from ingest import wiring
    from ingest.errors import SettingsError

    if side is not None and side not in {str(one) for one in Side}:
        raise SettingsError(f"--side {side}: no such side", hint="one of " + ", ".join(Side))
    reader = wiring.database(options.settings(config, db))
    show.judged(reader, shown=not json)
    window = options.window(reader, since, until, days=days, domain=domain)
    if window is None:
        if json:
            show.as_json({"window": None, "split": [], "verdicts": []})
            return
        show.said("No report has been counted yet. Run `whosends poll` or `whosends load PATH`.")
        return
    split, lines = answers.split(reader, window), answers.verdicts(reader, window)
    if side is not None:
        lines = lines[lines["side"].eq(side)]
    words, lines = LANGUAGES[lang], lines.head(limit)
    if json:
        span = {"since": window.since, "until": window.until, "domain": window.domain}
        shown = {"split": show.rows(split), "verdicts": _with_words(words, lines)}
        show.as_json({"window": span, "rule_version": VERSION, **shown})
        return
    if not split["messages"].sum():
        show.said(worded.nothing(words, window))
        return
    _split_table(words, worded.title(words, window), split)
    _verdict_lines(words, lines)


def _split_table(words: Words, title: str, split: pd.DataFrame) -> None:
    from dashboards.cli import show
    from dashboards.wording import verdicts as worded

    total = int(split["messages"].sum())
    columns = list(zip(worded.headings(words), ("left", "right", "right", "right"), strict=True))
    lines = [
        (
            worded.side(words, row["side"]),
            int(row["messages"]),
            _share(words, int(row["messages"]), total),
            _share(words, int(row["dmarc_pass"]), int(row["messages"])),
        )
        for _, row in split.iterrows()
    ]
    show.table(title, columns, lines)


def _share(words: Words, part: int, whole: int) -> str:
    return words.passed(part, whole, part / whole if whole else float("nan"))


def _verdict_lines(words: Words, frame: pd.DataFrame) -> None:
    from analytics.services.catalogue import catalogue
    from dashboards.cli import show
    from dashboards.wording import verdicts as worded

    for _, row in frame.iterrows():
        first, *rest = worded.told(words, row, catalogue().by_id.get(str(row["service_id"])))
        show.said("")
        show.said(first)
        for line in rest:
            show.said(f"  {line}")


def _with_words(words: Words, frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows for JSON, with what a script would send to somebody."""
    from analytics.services.catalogue import catalogue
    from dashboards.cli import show
    from dashboards.wording import verdicts as worded

    said = [
        worded.for_scripts(words, row, catalogue().by_id.get(str(row["service_id"]))) for _, row in frame.iterrows()
    ]
    return [row | more for row, more in zip(show.rows(frame), said, strict=True)]
