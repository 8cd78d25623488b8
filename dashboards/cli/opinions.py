"""`override` and `mute`: what people say about verdicts, whatever the rules say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dashboards.cli import options
from dashboards.cli.deciding import Who, Why  # noqa: TC001 - Typer reads the annotations

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ingest.opinions import OpinionAct, Subject


def _told_by(name: str, metavar: str, words: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(f"--{name}", metavar=metavar, help=words, show_default=False)
    return option


_Verdict = Annotated[str, typer.Argument(metavar="VERDICT", help="What the mail is, as spoofing.direct; docs/verdicts.md names all.", show_default=False)]  # fmt: skip
_Source = Annotated[str | None, _told_by("source", "ADDRESS", "Mail from this address or network: 192.0.2.0/24.")]
_Service = Annotated[str | None, _told_by("service", "TEXT", "Mail from this service, by the name that is shown.")]
_Network = Annotated[str | None, _told_by("network", "TEXT", "Mail from this network: 'Example Net (AS64500)'.")]
_Country = Annotated[str | None, _told_by("country", "CC", "Mail from this country, two letters.")]
_Envelope = Annotated[str | None, _told_by("envelope", "DOMAIN", "Mail with this domain in MAIL FROM.")]
_Pattern = Annotated[str | None, _told_by("pattern", "TEXT", "Mail with these results: 'dkim=none spf=fail'.")]
_Name = Annotated[str | None, _told_by("name", "DOMAIN", "Mail with this domain in From:, none below it.")]
_Domain = Annotated[str, typer.Option("--domain", metavar="DOMAIN", help="Only mail with this domain in From:, or one below it. Default: all.", show_default=False)]  # fmt: skip
_Until = Annotated[str | None, typer.Option("--until", metavar="YYYY-MM-DD", help="Last UTC day of mail for which it holds. Default: for ever.", show_default=False)]  # fmt: skip
_History = Annotated[bool, typer.Option("--history", help="Instead: everything that was ever said, oldest first.")]

overrides = typer.Typer(
    help="Say which verdict mail has, whatever the rules say.", no_args_is_help=True, rich_markup_mode="rich"
)
mutes = typer.Typer(help="Keep mail off the list of unauthorized mail.", no_args_is_help=True, rich_markup_mode="rich")


@overrides.command("set")
def set_override(
    verdict: _Verdict,
    why: Why,
    source: _Source = None,
    service: _Service = None,
    envelope: _Envelope = None,
    name: _Name = None,
    domain: _Domain = "*",
    until: _Until = None,
    who: Who = None,
    config: options.Config = None,
    db: options.Db = None,
    json: options.Json = False,
) -> None:
    """Say that mail has this verdict, whatever the rules say.

    It takes the place of what was said of the same mail before. Who, when and why are kept for ever.

    [dim]Examples:[/dim]
      whosends override set spoofing.direct --source 192.0.2.0/24 --why "rented by strangers"
      whosends override set authorized.both --name a.example.com --until 2026-12-31 --why "a test"
    """
    from ingest import giving
    from ingest.opinions import Opinion, What

    about = _subject(domain, source=source, service=service, envelope=envelope, name=name)
    opinion = Opinion(about, _known(verdict), options.day(until, "--until"))
    settings = options.settings(config, db)
    _say(giving.give(settings, What.OVERRIDE, opinion, who=options.account(who), why=why), as_json=json)


@overrides.command("withdraw")
def withdraw_override(
    why: Why,
    source: _Source = None,
    service: _Service = None,
    envelope: _Envelope = None,
    name: _Name = None,
    domain: _Domain = "*",
    who: Who = None,
    config: options.Config = None,
    db: options.Db = None,
    json: options.Json = False,
) -> None:
    """Take an override back, for all days: the rules decide again.

    [dim]Examples:[/dim]
      whosends override withdraw --source 192.0.2.0/24 --why "ours since May"
    """
    from ingest import giving
    from ingest.opinions import What

    about = _subject(domain, source=source, service=service, envelope=envelope, name=name)
    settings = options.settings(config, db)
    _say(giving.withdraw(settings, What.OVERRIDE, about, who=options.account(who), why=why), as_json=json)


@mutes.command("set")
def set_mute(
    why: Why,
    network: _Network = None,
    country: _Country = None,
    envelope: _Envelope = None,
    pattern: _Pattern = None,
    source: _Source = None,
    name: _Name = None,
    domain: _Domain = "*",
    until: _Until = None,
    who: Who = None,
    config: options.Config = None,
    db: options.Db = None,
    json: options.Json = False,
) -> None:
    """Say that mail is not to be listed among unauthorized mail. Its verdict stays.

    Write what is spoken of as `whosends unauthorized` lists it. Who, when and why are kept for ever.

    [dim]Examples:[/dim]
      whosends mute set --network "Example Net (AS64500)" --why "reported to them, they know"
      whosends mute set --pattern "dkim=none spf=fail" --domain old.example.com --why "rejected anyway"
    """
    from ingest import giving
    from ingest.opinions import Opinion, What

    told = {"network": network, "country": country, "envelope": envelope, "pattern": pattern}
    opinion = Opinion(_subject(domain, **told, source=source, name=name), until=options.day(until, "--until"))
    settings = options.settings(config, db)
    _say(giving.give(settings, What.MUTE, opinion, who=options.account(who), why=why), as_json=json)


@mutes.command("withdraw")
def withdraw_mute(
    why: Why,
    network: _Network = None,
    country: _Country = None,
    envelope: _Envelope = None,
    pattern: _Pattern = None,
    source: _Source = None,
    name: _Name = None,
    domain: _Domain = "*",
    who: Who = None,
    config: options.Config = None,
    db: options.Db = None,
    json: options.Json = False,
) -> None:
    """Take a mute back, for all days: the mail is listed again.

    [dim]Examples:[/dim]
      whosends mute withdraw --network "Example Net (AS64500)" --why "they did nothing"
    """
    from ingest import giving
    from ingest.opinions import What

    told = {"network": network, "country": country, "envelope": envelope, "pattern": pattern}
    about = _subject(domain, **told, source=source, name=name)
    settings = options.settings(config, db)
    _say(giving.withdraw(settings, What.MUTE, about, who=options.account(who), why=why), as_json=json)


_OVERRIDES = """Show the overrides that are in force.

    One whose last day is over is among them: it holds for mail of the days before.

    [dim]Examples:[/dim]
      whosends override list
      whosends override list --history --json
    """
_MUTES = """Show the mutes that are in force.

    One whose last day is over is among them: it holds for mail of the days before.

    [dim]Examples:[/dim]
      whosends mute list
      whosends mute list --history --json
    """


def _listing(kind: str, words: str) -> Callable[..., None]:
    def command(
        history: _History = False, config: options.Config = None, db: options.Db = None, json: options.Json = False
    ) -> None:
        from dashboards.cli import show
        from ingest import giving
        from ingest.opinions import plain

        settings = options.settings(config, db)
        found = giving.history(settings) if history else giving.in_force(settings)
        found = [act for act in found if act.what.kind == kind]
        if json:
            show.as_json({"acts" if history else f"{kind}s": [plain(act) for act in found]})
        elif found:
            _say_all(kind, found, history=history)
        else:
            show.said(f"No {kind}.")

    command.__doc__ = words
    return command


overrides.command("list")(_listing("override", _OVERRIDES))
mutes.command("list")(_listing("mute", _MUTES))


def _known(verdict: str) -> str:
    """The verdict, if there is a rule that gives it."""
    from analytics.verdict.rules import KINDS
    from ingest.errors import SettingsError

    if verdict not in KINDS:
        raise SettingsError(f"{verdict!r} is no verdict", hint="one of " + ", ".join(KINDS))
    return verdict


def _subject(domain: str, **told: str | None) -> Subject:
    from ingest.opinions import By, subject_of

    given = [(By(name), value) for name, value in told.items() if value is not None]
    if len(given) != 1:
        raise typer.BadParameter("say which mail, by one of --" + ", --".join(told))
    return subject_of(*given[0], domain)


def _say(act: OpinionAct, *, as_json: bool) -> None:
    from dashboards.cli import show
    from ingest.opinions import plain

    if as_json:
        show.as_json(plain(act))
        return
    until = act.opinion.until
    show.said(f"{act.opinion.subject}: {_what(act)}{f', for mail up to {until}' if until else ''}")


def _what(act: OpinionAct) -> str:
    if act.what is not act.what.kind:
        return f"{act.what.kind} withdrawn"
    return act.opinion.verdict or "muted"


def _say_all(kind: str, acts: Sequence[OpinionAct], *, history: bool) -> None:
    from dashboards.cli import show

    title = f"Every {kind} that was ever said or withdrawn" if history else f"{kind.capitalize()}s in force"
    columns = [("At (UTC)", "date"), ("Who", "left"), ("Mail", "left"), ("In From:", "left"), ("Is", "left")]
    columns += [("Until", "date"), ("Why", "left")]
    lines = [
        (
            f"{act.at_utc:%Y-%m-%d %H:%M}",
            act.who,
            f"{act.opinion.subject.by} {act.opinion.subject.value}",
            act.opinion.subject.domain,
            _what(act),
            str(act.opinion.until or ""),
            act.why,
        )
        for act in acts
    ]
    show.table(title, columns, lines)
