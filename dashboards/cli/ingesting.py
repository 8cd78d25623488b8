"""`poll` and `load`: bring reports in."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dashboards.cli import options

if TYPE_CHECKING:
    from ingest.poll import Summary
    from ingest.settings import Settings

NEEDS_A_LOOK = 5

_Paths = Annotated[
    list[Path],
    typer.Argument(
        metavar="PATH...",
        help="Mails (.eml), reports (.xml, .gz, .zip), folders of them, mbox files, Maildirs.",
        show_default=False,
    ),
]
_Names = Annotated[
    list[str] | None, typer.Option("--mailbox", metavar="NAME", help="Only this mailbox; may be given again.")
]
_Watch = Annotated[
    bool, typer.Option("--watch", help="Go on for ever: wake up when mail comes (IDLE), or every interval.")
]
_PollSince = Annotated[
    str | None, typer.Option("--since", metavar="YYYY-MM-DD", help="Only mails that came on or after this day.")
]
_Retry = Annotated[bool, typer.Option("--retry-parked", help="Try mails again that failed three times.")]
_PollLimit = Annotated[int | None, typer.Option("--limit", min=1, help="At most so many mails from each mailbox.")]


def poll(
    names: _Names = None,
    watch: _Watch = False,
    since: _PollSince = None,
    limit: _PollLimit = None,
    retry_parked: _Retry = False,
    config: options.Config = None,
    db: options.Db = None,
    json: options.Json = False,
) -> None:
    """Fetch new report mails over IMAP.

    Mails are read without marking them. What becomes of them afterwards is the mailbox's `mode`: keep, move or flag.

    [dim]Examples:[/dim]
      whosends poll
      whosends poll --since 2026-10-01 --limit 500
      whosends poll --watch
    """
    from dashboards.cli import show
    from ingest import wiring

    settings = options.settings(config, db)
    if retry_parked:
        wiring.unpark(settings)
    if watch:
        import logging

        logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
        wiring.watch(settings, names=tuple(names or ()), on_poll=partial(_report_poll, settings, as_json=json))
        return
    with show.progress("Polling", shown=not json) as step:
        summary = wiring.poll(
            settings, names=tuple(names or ()), since=options.day(since, "--since"), limit=limit, progress=step
        )
    show.judged(wiring.database(settings), shown=not json)
    _finish(summary, as_json=json, nothing="No new mail.")
    if summary.failures:
        for failure in summary.failures:
            show.complain(failure)
        raise typer.Exit(summary.failures[0].exit_code)


def load(
    paths: _Paths,
    config: options.Config = None,
    db: options.Db = None,
    json: options.Json = False,
) -> None:
    """Load reports from files.

    The same way as mails from IMAP: nothing is counted twice, and everything ends in the ledger with a reason.

    [dim]Examples:[/dim]
      whosends load report.xml.gz
      whosends load ~/Maildir/.dmarc archive.mbox old-reports.zip
      whosends load reports/ --db /tmp/try.duckdb --json
    """
    from dashboards.cli import show
    from ingest import wiring

    settings = options.settings(config, db)
    with show.progress("Loading", shown=not json) as step:
        summary = wiring.load_paths(settings, paths, progress=step)
    show.judged(wiring.database(settings), shown=not json)
    empty = summary.mails["rejected"] > 0 and not summary.payloads
    _finish(summary, as_json=json, nothing="No file found.", look=empty)


def _finish(summary: Summary, *, as_json: bool, nothing: str, look: bool = False) -> None:
    from dashboards.cli import show

    if as_json:
        show.as_json(numbers(summary))
    elif summary.mails:
        print_summary(summary)
    elif not summary.failed:
        show.said(nothing)
    if summary.failed and not as_json:
        show.said(
            f"{summary.failed:,} mails could not be read, by a fault of ours; {summary.parked:,} of them are parked after three tries. "
            "See `whosends ledger --parked`; `whosends poll --retry-parked` tries them again."
        )
    if (summary.needs_a_look or look) and not summary.failures:
        if not as_json:
            show.said(
                "Something needs a look: `whosends ledger --fate quarantined` (or suspect, partial, rejected) says why, and so do the Reports page and `whosends doctor`."
            )
        raise typer.Exit(NEEDS_A_LOOK)


def _report_poll(settings: Settings, summary: Summary, *, as_json: bool) -> None:
    """What a poll brought is judged, and said in one line."""
    import json as text

    from dashboards.cli import show
    from ingest import wiring

    show.judged(wiring.database(settings), shown=False)
    if not summary.mails and not summary.failed:
        return
    line = (
        text.dumps(numbers(summary))
        if as_json
        else (f"{summary.mails.total():,} mails: {summary.reports:,} new reports, {summary.messages:,} messages")
    )
    print(line, flush=True)


def numbers(summary: Summary) -> dict[str, object]:
    """One object: mails and payloads by fate, and what was newly accepted."""
    return {
        "mails": {fate: number for fate, number in sorted(summary.mails.items()) if number},
        "payloads": {fate: number for fate, number in sorted(summary.payloads.items()) if number},
        "reports": summary.reports,
        "records": summary.records,
        "messages": summary.messages,
        **({"failed": summary.failed, "parked": summary.parked} if summary.failed else {}),
        **({"failures": [failure.message for failure in summary.failures]} if summary.failures else {}),
    }


def print_summary(summary: Summary) -> None:
    """What came in by fate, and what is newly counted."""
    from dashboards.cli import show

    fates = sorted({*summary.mails, *summary.payloads})
    columns = [("Fate", "left"), ("Mails", "right"), ("Payloads", "right")]
    lines = [
        (fate, summary.mails[fate], summary.payloads[fate])
        for fate in fates
        if summary.mails[fate] or summary.payloads[fate]
    ]
    show.table("What came in", columns, lines)
    show.said("")
    show.said(
        f"Newly counted: {summary.reports:,} reports, {summary.records:,} records, {summary.messages:,} messages."
    )
