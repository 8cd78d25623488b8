"""`doctor`: does everything work, and if not, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from dashboards.cli import options  # noqa: TC001 - read at run time by Typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashboards.cli.checks import Check

_MARKS = {"ok": "✓", "note": "·", "bad": "✗"}


def doctor(config: options.Config = None, db: options.Db = None, json: options.Json = False) -> None:
    """Check configuration, database, mailboxes and versions, and say what to do.

    [dim]Examples:[/dim]
      whosends doctor
      whosends doctor --config ./whosends.toml --json
    """
    from dashboards.cli import show
    from dashboards.cli.checks import everything

    found = everything(config, db)
    if json:
        show.as_json({"healthy": _exit_code(found) == 0, "checks": found})
    else:
        for check in found:
            show.said(f"{_MARKS[check.state]} {check.name}: {check.message}")
            if check.hint:
                show.said(f"    {check.hint}")
    raise typer.Exit(_exit_code(found))


def _exit_code(found: Sequence[Check]) -> int:
    return next((check.exit_code for check in found if check.state == "bad"), 0)
