"""The `whosends` command: its subcommands, and how every error ends."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from dashboards.cli import (
    acting,
    asking,
    cataloguing,
    doctoring,
    exporting,
    ingesting,
    keeping,
    ledger,
    opinions,
    registry,
    starting,
    unauthorized,
    verdicts,
)
from ingest.errors import WhosendsError

app = typer.Typer(
    name="whosends",
    help="Who sends mail as you, and does it pass SPF, DKIM and DMARC?",
    epilog="Exit codes: 0 done, 1 a bug, 2 settings, 3 mailbox, 4 database, 5 done but something needs a look.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)

_START, _COME_IN, _ASK, _DECIDE, _KEEP = "Start", "Bring reports in", "Ask", "Decide", "Look after the data"
app.command("init", rich_help_panel=_START)(starting.init)
app.command("demo", rich_help_panel=_START)(starting.demo)
app.command("poll", rich_help_panel=_COME_IN)(ingesting.poll)
app.command("load", rich_help_panel=_COME_IN)(ingesting.load)
app.command("serve", rich_help_panel=_ASK)(starting.serve)
app.command("status", rich_help_panel=_ASK)(asking.status)
app.add_typer(registry.group, name="senders", rich_help_panel=_ASK)
app.command("failing", rich_help_panel=_ASK)(asking.failing)
app.command("verdicts", rich_help_panel=_ASK)(verdicts.verdicts)
app.command("unauthorized", rich_help_panel=_ASK)(unauthorized.unauthorized)
app.command("export", rich_help_panel=_ASK)(exporting.export)
app.command("ledger", rich_help_panel=_ASK)(ledger.ledger)
app.command("raw", rich_help_panel=_ASK)(ledger.raw)
app.add_typer(cataloguing.app, name="services", rich_help_panel=_ASK)
app.command("accept", rich_help_panel=_DECIDE)(acting.accept)
app.command("reject", rich_help_panel=_DECIDE)(acting.reject)
app.add_typer(opinions.overrides, name="override", rich_help_panel=_DECIDE)
app.add_typer(opinions.mutes, name="mute", rich_help_panel=_DECIDE)
app.command("doctor", rich_help_panel=_KEEP)(doctoring.doctor)
app.command("reparse", rich_help_panel=_KEEP)(keeping.reparse)
app.command("backup", rich_help_panel=_KEEP)(keeping.backup)
app.command("restore", rich_help_panel=_KEEP)(keeping.restore)
app.command("prune", rich_help_panel=_KEEP)(keeping.prune)
app.command("compact", rich_help_panel=_KEEP)(keeping.compact)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"whosends {version('whosends')}")
        raise typer.Exit


@app.callback()
def root(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", is_eager=True, callback=_version)
    ] = False,
) -> None:
    """Who sends mail as you, and does it pass SPF, DKIM and DMARC?"""


def main() -> None:
    """Run the command; an error becomes one message on stderr and an exit code."""
    try:
        app(prog_name="whosends")
    except WhosendsError as error:
        from dashboards.cli.show import complain

        complain(error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
