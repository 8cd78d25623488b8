"""`senders export` and `import`: the registry as a TOML file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dashboards.cli import deciding, options

_Out = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Default: standard output.", show_default=False)]  # fmt: skip
_File = Annotated[Path, typer.Argument(metavar="FILE", help="A TOML file, as `senders export` writes it.", show_default=False)]  # fmt: skip
_DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would change; change nothing.")]
_Prune = Annotated[bool, typer.Option("--prune", help="Retire what the file does not name; else it stays.")]
_Why = Annotated[str | None, typer.Option("--why", metavar="TEXT", help="The reason, for auditors. Default: the name of the file.", show_default=False)]  # fmt: skip


def export(out: _Out = None, config: options.Config = None, db: options.Db = None, json: options.Json = False) -> None:
    """Write the registry as TOML, for version control and for other machines.

    Entries that are over are in it too; their history is not.

    [dim]Examples:[/dim]
      whosends senders export --out registry.toml
    """
    from dashboards.cli import entries, show
    from ingest import registering, registry_file
    from ingest.errors import refused_by_system

    found = registering.entries(options.settings(config, db))
    text = registry_file.written(found)
    if out is not None:
        try:
            out.write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            raise refused_by_system(out, error, hint="can the file be written?") from error
    if json:
        show.as_json({"out": out, "entries": entries.as_rows(found)})
    elif out is not None:
        show.said(f"{out}: {len(found):,} entries.")
    else:
        typer.echo(text, nl=False)


def import_(
    file: _File,
    dry_run: _DryRun = False,
    prune: _Prune = False,
    why: _Why = None,
    who: deciding.Who = None,
    config: options.Config = None,
    db: options.Db = None,
    json: options.Json = False,
) -> None:
    """Make the registry say what a TOML file says, and show what changes. All of it, or nothing.

    [dim]Examples:[/dim]
      whosends senders import registry.toml --dry-run
      whosends senders import registry.toml --prune --why "review of November"
    """
    from dashboards.cli import entries, show
    from ingest import registering, registry_file

    wanted = registry_file.read(file)
    done = registering.take_over(
        options.settings(config, db),
        wanted,
        prune=prune,
        dry_run=dry_run,
        who=options.account(who),
        why=why or f"imported from {file.name}",
    )
    if json:
        show.as_json({"dry_run": dry_run, "changes": entries.as_changes(done)})
        return
    entries.say_changes(done)
    if not done:
        show.said("Nothing to change.")
    elif dry_run:
        show.said("Nothing was changed: this was a dry run.")
