"""`unauthorized`: who sends as you without being allowed, and whether anything stops it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from analytics.verdict.grouping import By
from dashboards.cli import options

if TYPE_CHECKING:
    import pandas as pd

    from analytics.export_file import ExportedFile
    from analytics.verdict.unauthorized import Unauthorized

_By = Annotated[
    By,
    typer.Option(
        "--by",
        metavar="WHAT",
        help="One line per network, country, envelope, pattern, source or name (domain in From:).",
    ),
]
_Unknown = Annotated[bool, typer.Option("--unknown", help="Also mail of which it is not known yet whose it is.")]
_Csv = Annotated[
    Path | None,
    typer.Option(
        "--csv",
        metavar="FILE",
        help="Write the addresses with their evidence, for a takedown. Never overwrites.",
        show_default=False,
    ),
]


def unauthorized(
    by: _By = By.NETWORK,
    since: options.Since = None,
    until: options.Until = None,
    days: options.Days = options.DEFAULT_DAYS,
    domain: options.Domain = None,
    unknown: _Unknown = False,
    limit: options.Limit = 20,
    csv: _Csv = None,
    config: options.Config = None,
    db: options.Db = None,
    json: options.Json = False,
) -> None:
    """Show who sends as you without being allowed, and what stops it.

    This is the mail whose verdict is "not ours" (docs/verdicts.md): how much, what receivers did
    with it, and whether your published policy asks them to stop it. Names that send no mail stand apart.

    [dim]Examples:[/dim]
      whosends unauthorized
      whosends unauthorized --by source --days 7 --csv takedown.csv
      whosends unauthorized --by name --domain example.com --json
    """
    from analytics.verdict import unauthorized as who
    from dashboards.cli import show
    from ingest import wiring

    reader = wiring.database(options.settings(config, db))
    show.judged(reader, shown=not json)
    window = options.window(reader, since, until, days=days, domain=domain)
    if window is None:
        if json:
            show.as_json({"window": None, "lines": []})
            return
        show.said("No report has been counted yet. Run `whosends poll` or `whosends load PATH`.")
        return
    found = who.unauthorized(reader, window, by=by, unknown=unknown)
    file = _written(csv, who.chosen(reader, window, unknown=unknown)) if csv is not None else None
    if json:
        span = {"since": window.since, "until": window.until, "domain": window.domain}
        asked = {"window": span, "by": by, "unknown": unknown}
        show.as_json(asked | _as_json(found, limit) | {"csv": file})
        return
    title = f"{window.since} to {window.until} (UTC)" + (f", {window.domain}" if window.domain else "")
    if found.messages:
        _say(title, found, unknown=unknown)
        _say_muted(found)
        _tables(found, by, limit)
    else:
        _say_none(title, found, unknown=unknown)
    if file is not None:
        show.said("")
        show.said(f"{file.path}: {file.rows:,} addresses, {file.messages:,} messages.")


def _written(path: Path, cases: pd.DataFrame) -> ExportedFile:
    from functools import partial

    from analytics.export_file import new_file
    from analytics.verdict.takedown import TAKEDOWN, takedown
    from dashboards.wording.verdicts import proof
    from dashboards.wording.words import ENGLISH

    return new_file(path, takedown(cases, partial(proof, ENGLISH)), TAKEDOWN)


def _as_json(found: Unauthorized, limit: int) -> dict[str, object]:
    from analytics.verdict.rules import VERSION
    from dashboards.cli import show

    return {
        "rule_version": VERSION,
        "looked_at": found.looked_at,
        "messages": found.messages,
        "muted": found.muted,
        "messages_before": found.messages_before,
        "total": next(iter(show.rows(found.total.drop(columns="line"))), None),
        "lines": show.rows(found.lines.head(limit)),
        "kinds": show.rows(found.kinds),
        "names": show.rows(found.names.head(limit)),
        "days": show.rows(found.days),
    }


def _say_none(title: str, found: Unauthorized, *, unknown: bool) -> None:
    from dashboards.cli import show

    if not found.looked_at:
        show.said(f"No messages: {title}.")
        return
    show.said(f"No spoofing in these days: {title}.")
    show.said(
        f"Looked at: {found.looked_at:,} messages; none of them has a verdict that says it is not yours"
        + (" or not known yet." if unknown else ".")
    )
    show.said("Mail that is refused before its content is sent, and receivers that do not report, are not seen here.")
    if not unknown:
        show.said("`--unknown` shows mail of which it is not known yet whose it is.")


def _say(title: str, found: Unauthorized, *, unknown: bool) -> None:
    from dashboards.cli import show
    from dashboards.wording.words import ENGLISH

    row = found.total.iloc[0]
    what = "not yours, or not known yet" if unknown else "not yours"
    show.said(f"{title}")
    show.said(f"{found.messages:,} messages: {what}; {ENGLISH.percent(row['share'])} of all mail. {_trend(found)}")
    show.said(
        f"Addresses: {row['sources']:,}. Names in From: {row['header_froms']:,}. Reporters: {row['reporters']:,}."
    )
    show.said(
        f"Receivers: {row['delivered']:,} delivered, {row['quarantined']:,} quarantined, {row['rejected']:,} rejected."
    )
    show.said(
        f"Your published policy asks to stop {row['stopped']:,} of them; for {row['not_stopped']:,} it is none, or was not reported."
    )


def _say_muted(found: Unauthorized) -> None:
    from dashboards.cli import show
    from dashboards.wording.words import ENGLISH

    if found.muted:
        show.said(ENGLISH("unauthorized.muted", messages=ENGLISH.some("messages", found.muted)))


def _trend(found: Unauthorized) -> str:
    from dashboards.wording.words import ENGLISH

    if found.messages_before is None:
        return "There is no data of all the days before."
    change = ENGLISH.change(found.messages, found.messages_before)
    return f"As many days before: {found.messages_before:,}" + (f" ({change})." if change else ".")


def _tables(found: Unauthorized, by: By, limit: int) -> None:
    from dashboards.wording.words import ENGLISH

    kinds = found.kinds.assign(
        kind=[ENGLISH(f"verdict.{row['verdict']}.{row['kind']}") for _, row in found.kinds.iterrows()]
    )
    parked = {"not_a_sender": "parked", "nothing_passes": "nothing passes"}
    names = found.names.assign(why=found.names["why"].map(parked))
    few = [
        ("messages", "Messages"),
        ("sources", "Sources"),
        ("delivered", "Delivered"),
        ("not_stopped", "Not\nstopped"),
    ]
    treated = [("quarantined", "Quaran-\ntined"), ("rejected", "Rejected")]
    last = ("last_day", "Last day")
    middle = last if by is By.SOURCE else few[1]
    all_of = [few[0], ("messages_before", "Before"), middle, few[2], *treated, few[3]]
    _table(
        f"By {by} (not stopped: by the published policy)", (by.capitalize(), "line"), all_of, found.lines, limit=limit
    )
    _table("What kind", ("Verdict", "kind"), [*few, last], kinds, limit=limit)
    why = [("why", "Why"), *few, last]
    _table("Names that send no mail, in these days", ("Name", "header_from"), why, names, limit=limit)


def _table(
    title: str, key: tuple[str, str], columns: list[tuple[str, str]], frame: pd.DataFrame, *, limit: int
) -> None:
    from dashboards.cli import show
    from dashboards.wording import sentences
    from dashboards.wording.words import ENGLISH

    if frame.empty:
        return
    headings = [(key[0], "left"), *((heading, "right") for _, heading in columns)]
    lines = [
        (sentences.named(ENGLISH, row[key[1]]), *(_cell(row[name]) for name, _ in columns))
        for _, row in frame.head(limit).iterrows()
    ]
    show.said("")
    show.table(title, headings, lines)
    if len(frame) > limit:
        show.said(f"{len(frame) - limit:,} more: raise --limit.")


def _cell(value: Any) -> object:
    """A number, a day, a text as it is, or that nothing is known."""
    import pandas as pd

    from dashboards.wording.words import NOTHING

    if pd.isna(value):
        return NOTHING
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    return value if isinstance(value, str) else int(value)
