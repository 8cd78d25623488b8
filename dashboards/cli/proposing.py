"""`senders propose`: who could be approved, and the command that would."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from dashboards.cli import options

if TYPE_CHECKING:
    from pathlib import Path

    from analytics.registry.proposals import Proposal
    from analytics.window import Window


def propose(
    since: options.Since = None,
    until: options.Until = None,
    days: options.Days = options.DEFAULT_DAYS,
    domain: options.Domain = None,
    limit: options.Limit = 20,
    config: options.Config = None,
    db: options.Db = None,
    json: options.Json = False,
) -> None:
    """Say who passes DMARC as you and is not in the registry, with the command that would approve it.

    Nothing is decided. Reports are claims of strangers: ask whose sender it is before you approve it.

    [dim]Examples:[/dim]
      whosends senders propose
      whosends senders propose --domain example.com --days 90 --json
    """
    from analytics.registry.proposals import proposals
    from dashboards.cli import show
    from ingest import wiring

    reader = wiring.database(options.settings(config, db))
    window = options.window(reader, since, until, days=days, domain=domain)
    found = proposals(reader, window)[:limit] if window else []
    lines = [(one, _command(one, window, config, db)) for one in found if window]
    if json:
        span = {"since": window.since, "until": window.until, "domain": window.domain} if window else None
        show.as_json({"window": span, "proposals": [show.fields(one) | {"command": line} for one, line in lines]})
        return
    if not lines:
        show.said("Nobody to propose: all that passed DMARC and can be told apart is in the registry.")
    for one, line in lines:
        show.said(f"{one.name}: {one.messages:,} messages of {_number(one.sources, 'address', 'addresses')}, "
                  f"told by {_number(one.reporters, 'reporter', 'reporters')}")  # fmt: skip
        show.said(f"  {line}")


def _number(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _command(one: Proposal, window: Window, config: Path | None, db: Path | None) -> str:
    """For a shell: a report may hold anything, so every word is quoted."""
    words = ["whosends", "senders", "approve", one.entry_id, "--name", one.name]
    for option, values in (("--domain", one.domains), ("--rule", one.rules)):
        words += [word for value in values for word in (option, value)]
    words += ["--why", f"passes DMARC: {one.messages} messages from {window.since} to {window.until}"]
    for option, path in (("--config", config), ("--db", db)):
        words += [option, str(path)] if path else []
    return shlex.join(words)
