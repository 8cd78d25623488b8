"""`accept` and `reject`: what a person decides about payloads."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from dashboards.cli import options

if TYPE_CHECKING:
    from ingest.model import Fate
    from ingest.settings import Settings


class Acceptable(StrEnum):
    """What can be accepted."""

    PARTIAL = "partial"
    QUARANTINED = "quarantined"
    SUSPECT = "suspect"
    REJECTED = "rejected"


class Rejectable(StrEnum):
    """What can be rejected."""

    PARTIAL = "partial"
    QUARANTINED = "quarantined"
    SUSPECT = "suspect"
    ACCEPTED = "accepted"
    SUPERSEDED = "superseded"


_Payloads = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PAYLOAD...", help="SHA-256 of payloads, or their first 8 digits or more.", show_default=False
    ),
]
_Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason, for auditors.", show_default=False)]
_Who = Annotated[
    str | None,
    typer.Option("--who", metavar="NAME", help="Who decides. Default: the user who runs this.", show_default=False),
]
_Matches = Annotated[
    str | None,
    typer.Option("--reason-matches", metavar="TEXT", help="All whose reason holds this text.", show_default=False),
]
_FATE = typer.Option("--fate", help="All with this fate. Default: partial and quarantined.", show_default=False)
_Reporter = Annotated[
    str | None, typer.Option("--reporter", metavar="NAME", help="All of this reporter.", show_default=False)
]
_Yes = Annotated[bool, typer.Option("--yes", help="Do not ask before many are decided at once.")]


def accept(
    why: _Why,
    payloads: _Payloads = None,
    who: _Who = None,
    fate: Annotated[Acceptable | None, _FATE] = None,
    reason_matches: _Matches = None,
    reporter: _Reporter = None,
    yes: _Yes = False,
    config: options.Config = None,
    db: options.Db = None,
    json: options.Json = False,
) -> None:
    """Let a partial, quarantined or rejected report count.

    Who, when and why are kept for ever. A newer version of the same report still counts instead.

    [dim]Examples:[/dim]
      whosends accept 2112ded9 --why "truncated by the gateway, the rest is right"
      whosends accept --fate quarantined --reporter docomo.ne.jp --why "their clock was wrong" --yes
    """
    settings = options.settings(config, db)
    chosen = _chosen(settings, payloads, fate, reason_matches, reporter)
    _decide(settings, "accept", chosen, who, why, asked=not payloads and not yes, as_json=json)


def reject(
    why: _Why,
    payloads: _Payloads = None,
    who: _Who = None,
    fate: Annotated[Rejectable | None, _FATE] = None,
    reason_matches: _Matches = None,
    reporter: _Reporter = None,
    yes: _Yes = False,
    config: options.Config = None,
    db: options.Db = None,
    json: options.Json = False,
) -> None:
    """Take a report out of every number, for good.

    The same bytes do not count when they come again, nor after a rebuild, until somebody accepts them.

    [dim]Examples:[/dim]
      whosends reject 2112ded9 --why "forged: our mail server never saw it"
      whosends reject --fate accepted --reporter evil.example --why "made up" --yes
    """
    settings = options.settings(config, db)
    chosen = _chosen(settings, payloads, fate, reason_matches, reporter)
    _decide(settings, "reject", chosen, who, why, asked=not payloads and not yes, as_json=json)


def _chosen(
    settings: Settings,
    payloads: list[str] | None,
    fate: Acceptable | Rejectable | None,
    matches: str | None,
    reporter: str | None,
) -> list[str]:
    from ingest import custody
    from ingest.model import Fate

    filtered = any(choice is not None for choice in (fate, matches, reporter))
    if bool(payloads) == filtered:
        raise typer.BadParameter("name payloads, or choose them by --fate, --reason-matches, --reporter; not both")
    if payloads:
        return custody.payloads(settings, payloads)
    fates = [Fate(fate.value)] if fate is not None else [Fate.PARTIAL, Fate.QUARANTINED]
    return custody.held(settings, fates, reason=matches, reporter=reporter)


def _decide(
    settings: Settings, what: str, payloads: list[str], who: str | None, why: str, *, asked: bool, as_json: bool
) -> None:
    from dashboards.cli import show
    from ingest import custody

    name = options.account(who)
    fates: list[tuple[Fate, Fate]] = []
    if payloads:
        if asked:
            _ask(what, len(payloads))
        fates = custody.act(settings, what, payloads, who=name, why=why)
    if as_json:
        lines = [
            {"payload_sha256": payload, "fate_before": before, "fate_after": after}
            for payload, (before, after) in zip(payloads, fates, strict=True)
        ]
        show.as_json({"what": what, "who": name, "why": why, "payloads": lines})
        return
    if not payloads:
        show.said("Nothing fits; nothing was done.")
    for payload, (before, after) in zip(payloads, fates, strict=True):
        show.said(f"{payload[:16]}: {before.value} → {after.value}")


def _ask(what: str, payloads: int) -> None:
    from dashboards.cli import show
    from ingest.errors import SettingsError

    if not sys.stdin.isatty():
        raise SettingsError(f"{payloads:,} payloads fit", hint=f"give --yes to {what} all of them")
    if not typer.confirm(f"{what} {payloads:,} payloads?"):
        show.said("Nothing was done.")
        raise typer.Exit
