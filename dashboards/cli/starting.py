"""`init`, `serve` and `demo`: first steps."""

from __future__ import annotations

import sys
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dashboards.cli import options
from dashboards.cli.ingesting import numbers, print_summary

if TYPE_CHECKING:
    from dashboards.demo.run import DemoFolder
    from ingest.settings import Settings

_Config = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Where to write. Default: ~/.config/whosends/whosends.toml."),
]
_Force = Annotated[bool, typer.Option("--force", help="Replace an existing file.")]
_Host = Annotated[str | None, typer.Option("--host", help="IMAP server. Asked for on a terminal.")]
_User = Annotated[str | None, typer.Option("--user", help="Its user name. Asked for on a terminal.")]
_Listen = Annotated[str | None, typer.Option("--host", help="Address to listen on. Default: 127.0.0.1.")]
_Port = Annotated[
    int | None, typer.Option("--port", min=0, max=65535, help="Port. Default: 8501, or the next free one.")
]
_Browser = Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser.")]
_Dir = Annotated[
    Path | None, typer.Option("--dir", metavar="DIR", help="Folder for the demo. Default: beside the default database.")
]
_Serve = Annotated[bool, typer.Option("--serve/--no-serve", help="Open the dashboard afterwards.")]
_Seed = Annotated[int, typer.Option("--seed", help="Another company, another history.")]


def init(
    config: _Config = None,
    host: _Host = None,
    user: _User = None,
    db: options.Db = None,
    force: _Force = False,
    json: options.Json = False,
) -> None:
    """Write a commented configuration to fill in.

    The password never stands in it: it comes from the environment, or from a file that only you can read.

    [dim]Examples:[/dim]
      whosends init
      whosends init --config ./whosends.toml --host imap.example.com --user dmarc@example.com
    """
    from dashboards.cli import show
    from ingest.errors import SettingsError
    from ingest.settings_file import default_config, default_database, load

    path = config or default_config()
    if path.exists() and not force:
        raise SettingsError(f"{path} exists already", hint="--force replaces it")
    if sys.stdin.isatty() and not json:
        host = host or typer.prompt("IMAP server", default="imap.example.com")
        user = user or typer.prompt("User name", default="dmarc-reports@example.com")
    template = (files("dashboards.cli") / "config_template.toml").read_text(encoding="utf-8")
    values = {
        "HOST": host or "imap.example.com",
        "USER": user or "dmarc-reports@example.com",
        "DATABASE": str(db or default_database()),
    }
    for name, value in values.items():
        template = template.replace(f"@{name}@", value.replace("\\", "\\\\").replace('"', '\\"'))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(template, encoding="utf-8")
    load(path)
    if json:
        show.as_json({"config": path})
        return
    at = f" --config {path}" if config else ""
    show.said(f"Wrote {path}.")
    show.said("Next: put the password into the variable WHOSENDS_PASSWORD, then run")
    for command in ("doctor", "poll", "serve"):
        show.said(f"  whosends {command}{at}")


def serve(
    host: _Listen = None,
    port: _Port = None,
    browser: _Browser = False,
    config: options.Config = None,
    db: options.Db = None,
) -> None:
    """Open the dashboard.

    It listens on loopback and reads the database only; a poll may run beside it.

    [dim]Examples:[/dim]
      whosends serve
      whosends serve --port 9000 --db /tmp/try.duckdb
    """
    _serve(options.settings(config, db), host=host, port=port, browser=browser)


def demo(
    folder: _Dir = None,
    serve_after: _Serve = True,
    port: _Port = None,
    seed: _Seed = 7,
    db: options.Db = None,
    json: options.Json = False,
) -> None:
    """Try it: thirteen weeks of an invented company's reports, from a real IMAP server on loopback to the dashboard.

    [dim]Examples:[/dim]
      whosends demo
      whosends demo --no-serve --dir /tmp/demo
    """
    from dashboards.cli import show
    from dashboards.demo.run import prepare
    from ingest import wiring
    from ingest.ports import utc_now
    from ingest.settings_file import default_database

    target = folder or (db.parent if db else default_database().parent / "demo")

    on_step = _quiet if json else show.said
    with prepare(target, today=utc_now().date(), seed=seed, on_step=on_step) as made:
        on_step("Polling it")
        with show.progress("Polling", shown=not json) as step:
            summary = wiring.poll(made.settings, progress=step)
        show.judged(wiring.database(made.settings), shown=not json)
        if json:
            show.as_json({"config": made.config, "database": made.settings.db, **numbers(summary)})
            return
        print_summary(summary)
        _print_planted(made)
        if serve_after:
            _serve(made.settings, host=None, port=port, browser=sys.stdout.isatty())


def _serve(settings: Settings, *, host: str | None, port: int | None, browser: bool) -> None:
    from dashboards.cli import show
    from dashboards.serve import address, serve

    at_host = host or settings.serve.host
    at_port = port if port is not None else _free_port(at_host, settings.serve.port)
    show.said(f"The dashboard is at {address(at_host, at_port)} (stop it with Ctrl-C)")
    serve(settings, host=at_host, port=at_port, open_browser=browser)


def _free_port(host: str, wished: int) -> int:
    """The first port from `wished` on that nobody listens on."""
    import socket

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in range(wished, wished + 20):
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    return wished


def _quiet(_text: str) -> None:
    """Say nothing."""


def _print_planted(made: DemoFolder) -> None:
    from dashboards.cli import show
    from dashboards.demo.planted import planted

    hidden = [(thing.what, str(thing.span.first), thing.where) for thing in planted(made.story)]
    show.said("")
    show.table("What there is to find", [("What", "left"), ("From", "date"), ("Where to look", "left")], hidden)
    show.said("")
    show.said(f"Ask about it: whosends senders --config {made.config}")
