"""`doctor`: does everything work, and if not, what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dashboards.cli import options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashboards.cli.checks import Check
    from ingest.health import Repair
    from ingest.settings import Settings

_MARKS = {"ok": "✓", "note": "·", "bad": "✗"}


_Deep = Annotated[bool, typer.Option("--deep", help="Read every byte that is kept.")]
_Repair = Annotated[bool, typer.Option("--repair", help="Do what is safe: files are renamed, nothing is deleted.")]


def doctor(
    deep: _Deep = False,
    repair: _Repair = False,
    config: options.Config = None,
    db: options.Db = None,
    json: options.Json = False,
) -> None:
    """Check configuration, database, raw mails, mailboxes and versions, and say what to do.

    [dim]Examples:[/dim]
      whosends doctor
      whosends doctor --repair
      whosends doctor --config ./whosends.toml --deep --json
    """
    from dashboards.cli import show
    from dashboards.cli.checks import everything

    found = everything(config, db, deep=deep)
    done: list[str] = []
    if repair and any(check.repair for check in found):
        done = _repaired(options.settings(config, db), found, deep=deep)
        found = everything(config, db, deep=deep)
    if json:
        show.as_json({"healthy": _exit_code(found) == 0, "checks": found, "repaired": done})
    else:
        for line in done:
            show.said(f"Repaired: {line}")
        _say(found)
    raise typer.Exit(_exit_code(found))


def _say(found: Sequence[Check]) -> None:
    from dashboards.cli import show

    for check in found:
        show.said(f"{_MARKS[check.state]} {check.name}: {check.message}")
        if check.hint:
            show.said(f"    {check.hint}")
        if check.repair:
            show.said(f"    --repair: {check.repair.value}")


def _repaired(settings: Settings, found: Sequence[Check], *, deep: bool) -> list[str]:
    """One repair after the other, each for what is found then; each kind at most once."""
    from dashboards.cli.checks import kept
    from ingest import custody

    done: dict[Repair, str] = {}
    while True:
        wanted = next((check.repair for check in found if check.repair and check.repair not in done), None)
        if wanted is None:
            return list(done.values())
        done[wanted] = custody.repair(settings, wanted)
        found = kept(settings, deep=deep)


def _exit_code(found: Sequence[Check]) -> int:
    return next((check.exit_code for check in found if check.state == "bad"), 0)
