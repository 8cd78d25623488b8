"""`export`: CSV files for auditors."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dashboards.cli import options

_Out = Annotated[
    Path, typer.Option("--out", metavar="DIR", help="Folder for the files; made when missing.", show_default=False)
]
_Until = Annotated[str | None, typer.Option("--until", metavar="YYYY-MM-DD", help="Last UTC day.")]


def export(
    out: _Out,
    since: options.Since = None,
    until: _Until = None,
    domain: options.Domain = None,
    config: options.Config = None,
    db: options.Db = None,
    json: options.Json = False,
) -> None:
    """Write records.csv, reports.csv and senders.csv for auditors.

    The same filter twice gives the same bytes. Cells that a spreadsheet would run as a formula get a leading apostrophe.
    The columns are described in docs/exports.md.

    [dim]Examples:[/dim]
      whosends export --out audit/
      whosends export --out audit/2026-10 --since 2026-10-01 --until 2026-10-31 --domain example.com
    """
    from analytics.export import export as write
    from analytics.freshness import freshness
    from analytics.window import Window
    from dashboards.cli import show
    from ingest import wiring

    reader = wiring.database(options.settings(config, db))
    span = freshness(reader)
    first = options.day(since, "--since") or span.first_day
    last = options.day(until, "--until") or span.last_day
    window = Window(first, last, domain.lower() if domain else None) if first and last else None
    with show.progress("Exporting", shown=not json) as step:
        exported = write(reader, window, out, progress=step)
    if json:
        show.as_json(exported)
        return
    columns = [("File", "left"), ("Rows", "right"), ("Messages", "right"), ("SHA-256", "left")]
    lines = [(file.name, file.rows, file.messages, file.sha256) for file in exported.files]
    show.table(str(out), columns, lines)
    if exported.records_missing:
        show.said(f"records.csv is not complete: {show.not_kept(exported.records_kept_from)}")
