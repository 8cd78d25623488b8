"""`ledger` and `raw`: what came in, what became of it and why, down to the bytes."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dashboards.cli import options

if TYPE_CHECKING:
    import pandas as pd

    from analytics.ledger import Filters
    from analytics.reader import Reader


class OfFate(StrEnum):
    """What `--fate` takes."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    SUSPECT = "suspect"
    SUPERSEDED = "superseded"
    PARTIAL = "partial"
    QUARANTINED = "quarantined"
    REJECTED = "rejected"


_FateOf = Annotated[OfFate | None, typer.Option("--fate", help="Only lines with this fate.", show_default=False)]
_Reporter = Annotated[str | None, typer.Option("--reporter", metavar="NAME", help="Only of this reporter.")]
_Search = Annotated[
    str | None,
    typer.Option("--search", metavar="TEXT", help="Only where a name, id, address, hash or reason holds this text."),
]
_Since = Annotated[str | None, typer.Option("--since", metavar="YYYY-MM-DD", help="Came on or after this UTC day.")]
_Until = Annotated[str | None, typer.Option("--until", metavar="YYYY-MM-DD", help="Came on or before this UTC day.")]
_Missing = Annotated[
    bool, typer.Option("--missing", help="Instead: reporters that used to report and do not any more.")
]
_Meets = Annotated[
    bool,
    typer.Option("--meets", help="Only counted reports that share their period with another of the same reporter."),
]
_Parked = Annotated[bool, typer.Option("--parked", help="Instead: mails that failed again and again.")]


def ledger(
    fate: _FateOf = None,
    reporter: _Reporter = None,
    domain: options.Domain = None,
    search: _Search = None,
    since: _Since = None,
    until: _Until = None,
    meets: _Meets = False,
    limit: options.Limit = 50,
    missing: _Missing = False,
    parked: _Parked = False,
    config: options.Config = None,
    db: options.Db = None,
    json: options.Json = False,
) -> None:
    """Show what came in, what was refused, and why.

    One line per payload, and one per mail in which nothing was found; newest first.

    [dim]Examples:[/dim]
      whosends ledger --fate quarantined
      whosends ledger --search google.com --since 2026-10-01 --json
      whosends ledger --missing
    """
    from analytics.ledger import Filters
    from ingest import wiring

    reader = wiring.database(options.settings(config, db))
    if missing:
        _show_missing(reader, domain, as_json=json)
        return
    if parked:
        _show_parked(reader, as_json=json)
        return
    filters = Filters(
        fate=fate.value if fate else None,
        reporter=reporter,
        domain=domain.lower() if domain else None,
        search=search,
        since=options.day(since, "--since"),
        until=options.day(until, "--until"),
        meets=meets,
    )
    _show_lines(reader, filters, limit, as_json=json)


def _show_lines(reader: Reader, filters: Filters, limit: int, *, as_json: bool) -> None:
    from analytics import kept
    from analytics import ledger as lines
    from dashboards.cli import show

    found, fates = lines.reports(reader, filters, limit=limit), lines.fates(reader, filters)
    kept_from = kept.records_from(reader)
    if as_json:
        answer = {"fates": fates, "total": sum(fates.values()), "records_kept_from": kept_from}
        show.as_json(answer | {"lines": show.rows(found)})
        return
    if found.empty:
        show.said("Nothing fits.")
        return
    said = ", ".join(f"{number:,} {fate}" for fate, number in fates.items())
    columns = [("Came (UTC)", "date"), ("Fate", "date"), ("Reporter", "left"), ("Domain", "left"), ("Messages", "right"), ("Payload", "date"), ("Why", "left")]  # fmt: skip
    show.table(f"{sum(fates.values()):,} lines: {said}", columns, [_line(row) for _, row in found.iterrows()])
    if len(found) < sum(fates.values()):
        show.said(f"The newest {len(found):,} are shown; --limit shows more.")
    if kept.some_before(found["day"], kept_from):
        show.said(show.not_kept(kept_from))


_MEETS = {"parallel": "parallel: same period as another report", "overlap": "period overlaps another report's"}


def _line(row: pd.Series) -> tuple[object, ...]:
    import pandas as pd

    def text(name: str) -> str:
        return "" if pd.isna(row[name]) else str(row[name])

    messages = None if pd.isna(row["messages"]) else int(row["messages"])
    why = text("reason") or _MEETS.get(text("meets"), "") or text("report_id")
    return (
        f"{row['received_utc']:%Y-%m-%d %H:%M}",
        text("fate"),
        text("reporter") or text("mail_from"),
        text("policy_domain"),
        messages,
        text("payload_sha256")[:12],
        why,
    )


def _show_missing(reader: Reader, domain: str | None, *, as_json: bool) -> None:
    from datetime import timedelta

    from analytics.coverage import missing
    from dashboards.cli import show
    from ingest.ports import utc_now

    found = missing(reader, utc_now().date() - timedelta(days=1), domain.lower() if domain else None)
    if as_json:
        show.as_json({"missing": show.rows(found)})
    elif found.empty:
        show.said("Every reporter that reports regularly still does.")
    else:
        columns = [("Reporter", "left"), ("Domain", "left"), ("Missing since", "date"), ("Days", "right"), ("Messages before", "right")]  # fmt: skip
        lines = [
            (str(row["reporter"]), str(row["policy_domain"]), f"{row['missing_since']:%Y-%m-%d}", int(row["missing_days"]), int(row["messages"]))
            for _, row in found.iterrows()
        ]  # fmt: skip
        show.table("Reporters that do not report any more (messages: of their last 28 days)", columns, lines)


def _show_parked(reader: Reader, *, as_json: bool) -> None:
    from analytics.ledger import parked
    from dashboards.cli import show

    found = parked(reader)
    if as_json:
        show.as_json({"parked": show.rows(found)})
    elif found.empty:
        show.said("No mail is parked.")
    else:
        columns = [("Mail", "left"), ("Failed", "right"), ("Last (UTC)", "date"), ("Error", "left")]
        lines = [
            (str(row["origin"]), int(row["attempts"]), f"{row['last_utc']:%Y-%m-%d %H:%M}", str(row["error"]))
            for _, row in found.iterrows()
        ]
        show.table("Mails that failed again and again", columns, lines)


_Sha = Annotated[
    str, typer.Argument(metavar="SHA", help="Of a payload or a mail; 8 digits or more.", show_default=False)
]
_Out = Annotated[str, typer.Option("--out", metavar="FILE", help="Where to; - is standard output.", show_default=False)]


def raw(sha: _Sha, out: _Out, config: options.Config = None, db: options.Db = None) -> None:
    """Write a raw mail, or a payload out of one, as it came.

    [dim]Examples:[/dim]
      whosends raw 2112ded9 --out report.xml
      whosends raw 2112ded9 --out - | less
    """
    from dashboards.cli import show
    from ingest import custody
    from ingest.errors import SettingsError

    content = custody.raw(options.settings(config, db), sha)
    if out == "-":
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    try:
        Path(out).write_bytes(content)
    except OSError as error:
        raise SettingsError(f"{out}: {error.strerror}", hint="choose a file that can be written") from error
    show.said(f"{out}: {len(content):,} bytes")
