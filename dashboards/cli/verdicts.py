"""`verdicts`: whose mail it was, why we think so, and the one next step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dashboards.cli import options

if TYPE_CHECKING:
    import pandas as pd

_Ours = Annotated[
    str | None,
    typer.Option(
        "--side",
        metavar="SIDE",
        help="Only this side: ours_fine, ours_broken, indirect, not_ours, unknown or excluded.",
    ),
]


def verdicts(
    since: options.Since = None,
    until: options.Until = None,
    days: options.Days = options.DEFAULT_DAYS,
    domain: options.Domain = None,
    side: _Ours = None,
    limit: options.Limit = 20,
    config: options.Config = None,
    db: options.Db = None,
    json: options.Json = False,
) -> None:
    """Say of all mail whether it is yours, and what to do next.

    Every record has exactly one verdict, from the first rule that matches it (docs/verdicts.md). Lines are ranked by messages.

    [dim]Examples:[/dim]
      whosends verdicts
      whosends verdicts --side ours_broken --days 7
      whosends verdicts --domain example.com --json
    """
    from analytics import kept
    from analytics.registry.load import registry
    from analytics.services.catalogue import catalogue
    from analytics.verdict import answers
    from analytics.verdict.registered import Registered
    from analytics.verdict.rules import VERSION, Side
    from analytics.verdict.services import Recognised
    from dashboards.cli import show
    from ingest import wiring
    from ingest.errors import SettingsError

    if side is not None and side not in {str(one) for one in Side}:
        raise SettingsError(f"--side {side}: no such side", hint="one of " + ", ".join(Side))
    reader = wiring.database(options.settings(config, db))
    window = options.window(reader, since, until, days=days, domain=domain)
    if window is None:
        if json:
            show.as_json({"window": None, "split": [], "verdicts": []})
            return
        show.said("No report has been counted yet. Run `whosends poll` or `whosends load PATH`.")
        return
    found = answers.judged_cases(reader, window, Registered(registry(reader)), Recognised(catalogue()))
    split, lines = answers.split(found), answers.verdicts(found)
    if side is not None:
        lines = lines[lines["side"].eq(side)]
    if json:
        span = {"since": window.since, "until": window.until, "domain": window.domain}
        shown: dict[str, object] = {"records_kept_from": kept.records_from(reader)}
        shown |= {"split": show.rows(split), "verdicts": show.rows(lines.head(limit))}
        show.as_json({"window": span, "rule_version": VERSION, **shown})
        return
    kept_from = kept.records_from(reader)
    if kept.reaches_before(window.since, kept_from):
        show.said(show.not_kept(kept_from))
    title = f"{window.since} to {window.until} (UTC)" + (f", {window.domain}" if window.domain else "")
    _split_table(title, split)
    _verdicts_table(lines.head(limit))


def _split_table(title: str, split: pd.DataFrame) -> None:
    from dashboards.cli import show
    from dashboards.wording import verdicts as worded
    from dashboards.wording.words import ENGLISH

    total = int(split["messages"].sum())
    columns = [("Whose mail", "left"), ("Messages", "right"), ("Share", "right"), ("DMARC", "right")]
    lines = [
        (
            worded.side(ENGLISH, row["side"]),
            int(row["messages"]),
            show.share(int(row["messages"]), total),
            show.share(int(row["dmarc_pass"]), int(row["messages"])),
        )
        for _, row in split.iterrows()
    ]
    show.table(title, columns, lines)


def _verdicts_table(frame: pd.DataFrame) -> None:
    from analytics.services.catalogue import catalogue
    from dashboards.cli import show
    from dashboards.wording import sentences
    from dashboards.wording import verdicts as worded
    from dashboards.wording.words import ENGLISH

    for _, row in frame.iterrows():
        known = catalogue().by_id.get(str(row["service_id"]))
        show.said("")
        show.said(
            f"{sentences.named(ENGLISH, row['service'])} as {sentences.named(ENGLISH, row['header_from'])}: {int(row['messages']):,} messages, "
            f"{worded.verdict(ENGLISH, row)} ({row['rule_id']}, {worded.confidence(ENGLISH, row['confidence'])})"
        )
        show.said(f"  Seen: {worded.seen(ENGLISH, row)}.")
        show.said(f"  Next: {worded.next_step(ENGLISH, row, known)}")
