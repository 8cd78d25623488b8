"""`senders` and what stands below it: the list of who sends, and the registry of who may."""

from __future__ import annotations

from typing import Annotated

import typer

from dashboards.cli import asking, deciding, exchanging, options, proposing

_About = Annotated[str | None, typer.Option("--domain", metavar="DOMAIN", help="Only entries about this domain.")]

group = typer.Typer(
    help=asking.senders.__doc__,
    invoke_without_command=True,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def list_(
    domain: _About = None, config: options.Config = None, db: options.Db = None, json: options.Json = False
) -> None:
    """Show the registry: who may send as you.

    [dim]Examples:[/dim]
      whosends senders list
      whosends senders list --domain example.com --json
    """
    from dashboards.cli import entries, show
    from ingest import registering, registry

    found = registering.entries(options.settings(config, db))
    if domain:
        (about,) = registry.domains_of([domain])
        found = [entry for entry in found if entry.is_about(about)]
    if json:
        show.as_json({"entries": entries.as_rows(found)})
    elif found:
        entries.say_list(found)
    else:
        show.said("No entry. `whosends senders propose` says who could be approved.")


def show_(
    entry_id: deciding.Id, config: options.Config = None, db: options.Db = None, json: options.Json = False
) -> None:
    """Show one entry of the registry and all that was decided about it.

    [dim]Examples:[/dim]
      whosends senders show newsletter
    """
    from dashboards.cli import entries, show
    from ingest import registering

    acts = registering.history(options.settings(config, db), entry_id)
    if json:
        (entry,) = entries.as_rows([acts[-1].entry])
        show.as_json({"entry": entry, "acts": [entries.as_act(act) for act in acts]})
        return
    entries.say_entry(acts[-1].entry)
    show.said("")
    entries.say_history(acts)


_PANEL = "The registry of senders"
group.callback()(asking.senders)
group.command("list", rich_help_panel=_PANEL)(list_)
group.command("show", rich_help_panel=_PANEL)(show_)
group.command("approve", rich_help_panel=_PANEL)(deciding.approve)
group.command("deny", rich_help_panel=_PANEL)(deciding.deny)
group.command("ignore", rich_help_panel=_PANEL)(deciding.ignore)
group.command("edit", rich_help_panel=_PANEL)(deciding.edit)
group.command("retire", rich_help_panel=_PANEL)(deciding.retire)
group.command("export", rich_help_panel=_PANEL)(exchanging.export)
group.command("import", rich_help_panel=_PANEL)(exchanging.import_)
group.command("propose", rich_help_panel=_PANEL)(proposing.propose)
