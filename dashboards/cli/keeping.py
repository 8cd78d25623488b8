"""`reparse`, `backup`, `restore`, `prune` and `compact`: looking after what is kept."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dashboards.cli import options

if TYPE_CHECKING:
    from datetime import date

    from ingest.reparse import Reparsed
    from ingest.settings import Settings
    from ingest.store.compare import Changes
    from ingest.store.partly import Wanted
    from ingest.store.prune import Pruned

_Since = Annotated[
    str | None, typer.Option("--since", metavar="YYYY-MM-DD", help="Only mails that came on or after this UTC day.")
]
_Payload = Annotated[
    list[str] | None,
    typer.Option("--payload", metavar="SHA", help="Only mails that hold this payload; may be given again."),
]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would change; change nothing.")]
_Force = Annotated[bool, typer.Option("--force", help="Go on without mails whose raw bytes are gone: they are lost.")]
_File = Annotated[Path, typer.Argument(metavar="FILE", help="A tar archive; compressed when it ends with gz.", show_default=False)]  # fmt: skip
_SetAside = Annotated[bool, typer.Option("--force", help="Set an older database and spool aside (renamed, not deleted).")]  # fmt: skip

_OlderThan = Annotated[str | None, typer.Option("--older-than", metavar="AGE", help="Days (400d), months (13m) or years (2y) before today.", show_default=False)]  # fmt: skip
_Before = Annotated[str | None, typer.Option("--before", metavar="YYYY-MM-DD", help="The first UTC day to keep, instead.", show_default=False)]  # fmt: skip
_Who = Annotated[str | None, typer.Option("--who", metavar="NAME", help="Who decides. Default: the user who runs this.", show_default=False)]  # fmt: skip
_Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
_Young = Annotated[bool, typer.Option("--force", help="Also records of the last 60 days.")]


def reparse(
    since: _Since = None,
    payload: _Payload = None,
    dry_run: _DryRun = False,
    force: _Force = False,
    config: options.Config = None,
    db: options.Db = None,
    json: options.Json = False,
) -> None:
    """Read the raw mails of the spool again, after an upgrade for instance, and say what changed.

    Without --since and --payload the whole database is made anew, from the spool alone. Decisions of people are kept.

    [dim]Examples:[/dim]
      whosends reparse --dry-run
      whosends reparse
      whosends reparse --payload 2112ded9
    """
    from dashboards.cli import show
    from ingest import custody

    settings = options.settings(config, db)
    with show.progress("Reading again", shown=not json) as step:
        done = custody.reparse(settings, _wanted(settings, since, payload), dry_run=dry_run, force=force, progress=step)
    if json:
        show.as_json(done)
    else:
        _say(done)


def _wanted(settings: Settings, since: str | None, payloads: list[str] | None) -> Wanted | None:
    from ingest import custody
    from ingest.store.partly import Wanted

    day = options.day(since, "--since")
    if day is None and not payloads:
        return None
    return Wanted(day, tuple(custody.payloads(settings, payloads)) if payloads else ())


def _say(done: Reparsed) -> None:
    from dashboards.cli import show

    show.said(f"{done.mails:,} mails were read again.")
    if done.unreadable:
        show.said(f"{len(done.unreadable):,} mails have no raw bytes in the spool: {', '.join(done.unreadable[:3])}")
    if done.problem:
        show.said(f"The old database could not be read: {done.problem}")
    for path in done.aside:
        show.said(f"Set aside: {path}")
    if done.changes is not None:
        _say_changes(done.changes)
    show.said("The database was replaced." if done.replaced else "Nothing was changed: this was a dry run.")


def _say_changes(changes: Changes) -> None:
    from dashboards.cli import show

    if changes.nothing:
        show.said("Nothing is different.")
        return
    columns = [("Table", "left"), ("Lost", "right"), ("New", "right"), ("Changed", "right"), ("Columns", "left")]
    lines = [
        (name, one.lost, one.added, one.changed, ", ".join(f"{column} {number:,}" for column, number in one.columns.items()))
        for name, one in changes.tables.items()
    ]  # fmt: skip
    show.table("What is different", columns, lines)
    for one in changes.payloads:
        before = f"{one['fate_before']}, {one['messages_before']} messages" if one["fate_before"] else "not there"
        after = f"{one['fate_after']}, {one['messages_after']} messages" if one["fate_after"] else "not there"
        reason = f" ({one['reason_after']})" if one["reason_after"] else ""
        show.said(f"{one['payload_sha256'][:12]} in {one['origin']}: {before} → {after}{reason}")


def backup(file: _File, config: options.Config = None, db: options.Db = None, json: options.Json = False) -> None:
    """Write database and spool into one archive, and read it back to see that it is right.

    Polling may go on meanwhile.

    [dim]Examples:[/dim]
      whosends backup /backup/whosends-$(date +%F).tar
    """
    from dashboards.cli import show
    from ingest import custody

    with show.progress("Writing", shown=not json) as step:
        done = custody.backup(options.settings(config, db), file, progress=step)
    if json:
        show.as_json(done)
    else:
        show.said(f"{done.path}: {done.mails:,} raw mails and the database, {done.size_bytes:,} bytes, verified.")


def restore(
    file: _File,
    force: _SetAside = False,
    config: options.Config = None,
    db: options.Db = None,
    json: options.Json = False,
) -> None:
    """Put database and spool of a backup in place.

    Stop polling before.

    [dim]Examples:[/dim]
      whosends restore /backup/whosends-2026-11-01.tar
    """
    from dashboards.cli import show
    from ingest import custody

    settings = options.settings(config, db)
    done = custody.restore(settings, file, force=force)
    if json:
        show.as_json(done)
    else:
        show.said(f"{settings.db}: restored, with {done.mails:,} raw mails.")


def prune(
    older_than: _OlderThan = None,
    before: _Before = None,
    who: _Who = None,
    yes: _Yes = False,
    force: _Young = False,
    config: options.Config = None,
    db: options.Db = None,
    json: options.Json = False,
) -> None:
    """Drop the records of old days for good, and keep their daily sums.

    Rates, senders and trends stay as they are, and so do the raw mails; the records behind the numbers go. Without --yes it asks before.

    [dim]Examples:[/dim]
      whosends prune --older-than 13m
      whosends prune --before 2025-11-01 --yes && whosends compact
    """
    from dashboards.cli import show
    from ingest import custody

    settings = options.settings(config, db)
    cutoff = _cutoff(older_than, before)
    plan = custody.prune(settings, cutoff, who="", force=force, dry_run=True)
    if json and not yes:
        show.as_json({"done": False, **show.fields(plan)})
        return
    if not json:
        _say_plan(plan)
    if not yes and not _agreed():
        return
    done = custody.prune(settings, cutoff, who=options.account(who), force=force)
    if json:
        show.as_json({"done": True, **show.fields(done)})
    else:
        show.said(f"{done.records:,} records are gone. `whosends compact` gives their room back.")


def _cutoff(older_than: str | None, before: str | None) -> date:
    from ingest.ports import utc_now
    from ingest.prune import cutoff

    day = options.day(before, "--before")
    if (older_than is None) == (day is None):
        raise typer.BadParameter("give --older-than or --before", param_hint="--older-than")
    return day or cutoff(str(older_than), utc_now().date())


def _say_plan(plan: Pruned) -> None:
    from dashboards.cli import show
    from dashboards.wording.words import ENGLISH

    reports, days = ENGLISH.some("reports", plan.reports), ENGLISH.some("days", plan.days)
    show.said(f"Before {plan.before} (UTC): {plan.records:,} records of {reports} on {days}.")
    show.said(
        "Daily sums, the list of reports and the raw mails stay. What counts on these days is final from then on."
    )


def _agreed() -> bool:
    from dashboards.cli import show
    from ingest.errors import SettingsError

    if not sys.stdin.isatty():
        raise SettingsError("nothing was dropped", hint="give --yes to drop these records")
    if typer.confirm("Drop these records?"):
        return True
    show.said("Nothing was dropped.")
    return False


def compact(config: options.Config = None, db: options.Db = None, json: options.Json = False) -> None:
    """Write the database file anew, sorted and small; what it holds stays the same.

    Needs room for a second file. The dashboard goes on meanwhile; polling waits.

    [dim]Examples:[/dim]
      whosends compact
    """
    from dashboards.cli import show
    from ingest import custody

    with show.progress("Sorting records", shown=not json) as step:
        done = custody.compact(options.settings(config, db), progress=step)
    if json:
        show.as_json(done)
    else:
        before, after = done.size_bytes_before, done.size_bytes_after
        show.said(f"{done.path}: {done.records:,} records, {before:,} bytes before, {after:,} bytes now.")
