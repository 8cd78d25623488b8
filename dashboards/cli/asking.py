"""`status`, `senders` and `failing`: what the data says."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dashboards.cli import options

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from analytics.reader import Reader
    from analytics.window import Window


class By(StrEnum):
    """What `senders` has a line for."""

    SERVICE = "service"
    SOURCE = "source"
    DOMAIN = "domain"
    REPORTER = "reporter"
    DAY = "day"
    WEEK = "week"


_HEADINGS = {"source_ip": "Source"}
_SEEN = (("First seen", "first_seen"), ("Last seen", "last_seen"))
_By = Annotated[By, typer.Option("--by", help="One line per what.")]
_RATES = (("pass_rate", "dmarc_pass"), ("spf_aligned_rate", "spf_aligned"), ("dkim_aligned_rate", "dkim_aligned"))


def status(config: options.Config = None, db: options.Db = None, json: options.Json = False) -> None:
    """Say what the database holds: mails and payloads by fate, reports, messages, span and lag.

    [dim]Examples:[/dim]
      whosends status
      whosends status --json
    """
    from analytics import held
    from dashboards.cli import show
    from ingest.ports import utc_now
    from ingest.store.connect import Database  # not through wiring, which takes longer to import than this to answer

    settings = options.settings(config, db)
    found = held.status(Database(settings.db))
    lag = (utc_now().date() - found.last_day).days if found.last_day else None
    if json:
        show.as_json({"database": settings.db, **show.fields(found), "lag_days": lag})
        return
    columns = [("Fate", "left"), ("Mails", "right"), ("Payloads", "right")]
    lines = [
        (fate, found.mails.get(fate, 0), found.payloads.get(fate, 0))
        for fate in held.FATES
        if fate in found.mails or fate in found.payloads
    ]
    show.table(str(settings.db), columns, lines)
    show.said("")
    show.said(f"Counted: {found.reports:,} reports, {found.records:,} records, {found.messages:,} messages.")
    if found.last_day is not None:
        show.said(f"Days: {found.first_day} to {found.last_day} (UTC), {lag} days behind today.")
        show.said(f"Newest mail: {found.newest_received_utc:%Y-%m-%d %H:%M} UTC.")
    if found.records_kept_from is not None:
        show.said(show.not_kept(found.records_kept_from))


def senders(
    context: typer.Context,
    by: _By = By.SERVICE,
    since: options.Since = None,
    until: options.Until = None,
    days: options.Days = options.DEFAULT_DAYS,
    domain: options.Domain = None,
    limit: options.Limit = 50,
    config: options.Config = None,
    db: options.Db = None,
    json: options.Json = False,
) -> None:
    """Show who sends as you, and how much of it passes.

    Rates are weighted by messages. "Aligned" is what DMARC counts: SPF or DKIM passed for the domain in From:.

    [dim]Examples:[/dim]
      whosends senders
      whosends senders --by source --domain example.com --days 7
      whosends senders --by week --since 2026-01-01 --json
    """
    if context.invoked_subcommand:
        _refuse_misplaced(context)
        return
    from analytics import rates
    from analytics import senders as who
    from ingest import wiring

    reader = wiring.database(options.settings(config, db))
    ask: dict[By, Callable[[Reader, Window], pd.DataFrame]] = {
        By.SERVICE: who.services,
        By.SOURCE: lambda reader, window: who.sources(reader, window, limit=limit),
        By.DOMAIN: rates.by_domain,
        By.REPORTER: rates.by_reporter,
        By.DAY: rates.by_day,
        By.WEEK: rates.by_week,
    }
    window = options.window(reader, since, until, days=days, domain=domain)
    frame = ask[by](reader, window) if window else None
    _answer("senders", window, frame.head(limit) if frame is not None else None, as_json=json, table=_senders_table)


def _refuse_misplaced(context: typer.Context) -> None:
    """What stands before a subcommand would be lost: another database than the one that was meant would be used."""
    sources = (context.get_parameter_source(name) for name in context.params)
    given = any(source is not None and source.name == "COMMANDLINE" for source in sources)
    if given:
        raise typer.BadParameter(f"write options behind `senders {context.invoked_subcommand}`, not before it")


def failing(
    since: options.Since = None,
    until: options.Until = None,
    days: options.Days = options.DEFAULT_DAYS,
    domain: options.Domain = None,
    limit: options.Limit = 20,
    config: options.Config = None,
    db: options.Db = None,
    json: options.Json = False,
) -> None:
    """Show which mail fails DMARC, why, and what receivers did with it.

    Ranked by failing messages; the cause is decided per record and shown with its evidence.

    [dim]Examples:[/dim]
      whosends failing
      whosends failing --domain example.com --since 2026-11-01 --json
    """
    from analytics.failing import failing as ask
    from ingest import wiring

    reader = wiring.database(options.settings(config, db))
    window = options.window(reader, since, until, days=days, domain=domain)
    frame = ask(reader, window, limit=limit) if window else None
    _answer("failing", window, frame, as_json=json, table=_failing_table)


def _answer(
    name: str,
    window: Window | None,
    frame: pd.DataFrame | None,
    *,
    as_json: bool,
    table: Callable[[str, pd.DataFrame], None],
) -> None:
    from dashboards.cli import show

    if as_json:
        span = {"since": window.since, "until": window.until, "domain": window.domain} if window else None
        show.as_json({"window": span, name: show.rows(frame) if frame is not None else []})
    elif window is None or frame is None:
        show.said("No report has been counted yet. Run `whosends poll` or `whosends load PATH`.")
    elif frame.empty:
        of = f" of {window.domain}" if window.domain else ""
        show.said(f"No messages{of} from {window.since} to {window.until}.")
    else:
        of = f", {window.domain}" if window.domain else ""
        table(f"{window.since} to {window.until} (UTC){of}", frame)


def _senders_table(title: str, frame: pd.DataFrame) -> None:
    from dashboards.cli import show

    key = str(frame.columns[0])
    headings = [("Messages", "right"), ("DMARC", "right"), ("SPF", "right"), ("DKIM", "right")]
    seen = [
        (heading, "date")
        for heading, column in _SEEN
        if column in frame and (key != "source_ip" or column == "last_seen")
    ]
    name = (_HEADINGS.get(key, key.replace("_", " ").capitalize()), "date" if key == "source_ip" else "left")
    extra = [("Service", "left")] if key == "source_ip" else []
    lines: list[list[object]] = []
    for row in frame.to_dict("records"):
        messages = int(row["messages"])
        line: list[object] = [_key(row[key]), *(str(row["service"]) for _ in extra), messages]
        line += [show.share(int(row[counted]), messages) for _, counted in _RATES]
        line += [str(row[column])[:10] for heading, column in _SEEN if (heading, "date") in seen]
        lines.append(line)
    show.table(
        f"{title}: share that passed DMARC, SPF and DKIM aligned",
        [name, *extra, *headings, *seen],
        lines,
    )


def _key(value: Any) -> str:
    return str(value)[:10] if hasattr(value, "year") else str(value)


def _failing_table(title: str, frame: pd.DataFrame) -> None:
    from dashboards.cli import show
    from dashboards.wording import sentences
    from dashboards.wording.words import ENGLISH

    columns = [
        ("Service", "left"),
        ("From", "left"),
        ("Failing", "right"),
        ("Of", "right"),
        ("Why", "left"),
        ("Receivers", "left"),
    ]
    lines = [
        (
            sentences.named(ENGLISH, row["service"]),
            sentences.named(ENGLISH, row["header_from"]),
            int(row["failing"]),
            int(row["messages"]),
            sentences.cause(ENGLISH, row),
            sentences.treated(ENGLISH, row),
        )
        for _, row in frame.iterrows()
    ]
    show.table(title, columns, lines)
