"""The options that many commands share."""

from __future__ import annotations

import os
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from analytics.reader import Reader
    from analytics.window import Window
    from ingest.settings import Settings

DEFAULT_DAYS = 28

Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Configuration. Default: $WHOSENDS_CONFIG, ./whosends.toml, ~/.config/whosends/whosends.toml.",
    ),
]
Db = Annotated[Path | None, typer.Option("--db", metavar="FILE", help="Database, instead of the configured one.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Since = Annotated[str | None, typer.Option("--since", metavar="YYYY-MM-DD", help="First UTC day.")]
Until = Annotated[
    str | None, typer.Option("--until", metavar="YYYY-MM-DD", help="Last UTC day. Default: the newest in the data.")
]
Days = Annotated[int, typer.Option("--days", min=1, help="How many days, when --since is not given.")]
Domain = Annotated[str | None, typer.Option("--domain", metavar="DOMAIN", help="Only this policy domain.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="How many rows at most.")]


def settings(config: Path | None, db: Path | None) -> Settings:
    """The settings that these options mean."""
    from ingest.settings_file import load

    return load(config, db=db)


def account(who: str | None) -> str:
    """Who acts: the name that was given, else the account that runs this; empty where it has none."""
    import getpass

    try:
        return who or os.environ.get("USER") or os.environ.get("LOGNAME") or getpass.getuser()
    except (OSError, KeyError):
        return ""


def day(text: str | None, option: str) -> date | None:
    """The date an option means; None when it was not given."""
    if text is None:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError as error:
        raise typer.BadParameter("write a day as YYYY-MM-DD", param_hint=option) from error


def window(reader: Reader, since: str | None, until: str | None, *, days: int, domain: str | None) -> Window | None:
    """The window that these options mean; None when there is no data to take it from.

    Without --until it ends with the newest day in the data, so that an old mailbox shows something too.
    """
    from datetime import timedelta

    from analytics.freshness import freshness
    from analytics.window import Window

    first, last = day(since, "--since"), day(until, "--until")
    last = last or freshness(reader).last_day
    if last is None:
        return None
    return Window(first or last - timedelta(days=days - 1), last, domain.lower() if domain else None)
