"""`senders approve`, `deny`, `ignore`, `edit` and `retire`: what people decide about who may send as them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from dashboards.cli import options

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.registry import Change

OPEN = "open"  # what --from and --to take for: no such day
_SHARED = "!vendor"

Id = Annotated[str, typer.Argument(metavar="ID", help="Id of the entry.", show_default=False)]
_Id = Annotated[str | None, typer.Argument(metavar="ID", help="Id of the entry. Default: made from --name.", show_default=False)]  # fmt: skip
_Name = Annotated[str | None, typer.Option("--name", metavar="TEXT", help="What people call it.", show_default=False)]
_Rules = Annotated[list[str] | None, typer.Option("--rule", metavar="RULE", help="In place of its rules: ip:192.0.2.0/24, service:ID, dkim:DOMAIN/SELECTOR, envelope:DOMAIN, selector:S; may be given again.", show_default=False)]  # fmt: skip
_More = Annotated[list[str] | None, typer.Option("--add-rule", metavar="RULE", help="Beside its rules.", show_default=False)]  # fmt: skip
_Domains = Annotated[list[str] | None, typer.Option("--domain", metavar="DOMAIN", help="Domain in From:, with all below it; may be given again; '*': all.", show_default=False)]  # fmt: skip
_Owner = Annotated[str | None, typer.Option("--owner", metavar="TEXT", help="Who is responsible.", show_default=False)]
_Ticket = Annotated[str | None, typer.Option("--ticket", metavar="TEXT", help="Where it was decided.", show_default=False)]  # fmt: skip
_Note = Annotated[str | None, typer.Option("--note", metavar="TEXT", help="Anything else.", show_default=False)]
_Critical = Annotated[bool | None, typer.Option("--critical/--not-critical", help="Whether a failure is urgent.", show_default=False)]  # fmt: skip
_Shared = Annotated[bool, typer.Option("--shared", help="The addresses given are shared with other customers of a service: no proof of you.")]  # fmt: skip
_From = Annotated[str | None, typer.Option("--from", metavar="YYYY-MM-DD", help="First UTC day; 'open': none.", show_default=False)]  # fmt: skip
_To = Annotated[str | None, typer.Option("--to", metavar="YYYY-MM-DD", help="Last UTC day; 'open': none.", show_default=False)]  # fmt: skip
_Last = Annotated[str | None, typer.Option("--to", metavar="YYYY-MM-DD", help="Last UTC day. Default: today.", show_default=False)]  # fmt: skip
Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason, for auditors.", show_default=False)]
Who = Annotated[str | None, typer.Option("--who", metavar="NAME", help="Who decides. Default: the user who runs this.", show_default=False)]  # fmt: skip

_APPROVE = """Say that a sender is yours.

    What is not said stays as it is. Who, when and why are kept for ever.

    [dim]Examples:[/dim]
      whosends senders approve --name Newsletter --domain example.com --rule dkim:example.com/s1 --why "asked Marketing"
      whosends senders approve crm --domain example.com --rule service:salesforce --owner Sales --why "in the contract"
    """
_DENY = """Say that a sender is not yours and may not send as you.

    [dim]Examples:[/dim]
      whosends senders deny old-host --domain '*' --rule ip:192.0.2.0/24 --why "left this provider"
    """
_IGNORE = """Say that a sender is known and nobody is to be troubled with it.

    [dim]Examples:[/dim]
      whosends senders ignore list --name "University list" --domain example.com --rule ip:192.0.2.9 --why "a mailing list"
    """
_EDIT = """Change what is said about a sender, but not the decision.

    [dim]Examples:[/dim]
      whosends senders edit newsletter --add-rule dkim:example.com/s2 --why "second key"
      whosends senders edit newsletter --owner Marketing --to open --why "contract renewed"
    """


def _deciding(decision: str | None, words: str) -> Callable[..., None]:
    def command(
        why: Why,
        entry_id: _Id = None,
        name: _Name = None,
        rule: _Rules = None,
        add_rule: _More = None,
        domain: _Domains = None,
        owner: _Owner = None,
        ticket: _Ticket = None,
        note: _Note = None,
        critical: _Critical = None,
        shared: _Shared = False,
        first: _From = None,
        last: _To = None,
        who: Who = None,
        config: options.Config = None,
        db: options.Db = None,
        json: options.Json = False,
    ) -> None:
        from ingest import registering, registry

        fields: dict[str, Any] = {"name": name, "owner": owner, "ticket": ticket, "note": note, "critical": critical}
        fields = {key: value for key, value in fields.items() if value is not None}
        if domain:
            fields["domains"] = registry.domains_of(domain)
        fields |= _days(first, last)
        said = registering.Said(
            fields, _rules(rule, shared=shared) if rule else None, _rules(add_rule or [], shared=shared)
        )
        done = registering.decide(
            options.settings(config, db),
            _named(entry_id, name),
            registry.Decision(decision) if decision else None,
            said,
            fresh=entry_id is None,
            who=options.account(who),
            why=why,
        )
        _say(done, as_json=json)

    command.__doc__ = words
    return command


approve, deny, ignore = _deciding("approve", _APPROVE), _deciding("deny", _DENY), _deciding("ignore", _IGNORE)
edit = _deciding(None, _EDIT)


def retire(
    entry_id: Id,
    why: Why,
    last: _Last = None,
    who: Who = None,
    config: options.Config = None,
    db: options.Db = None,
    json: options.Json = False,
) -> None:
    """End an entry; for the days before it stays as it is.

    [dim]Examples:[/dim]
      whosends senders retire newsletter --to 2026-11-30 --why "contract ended"
    """
    from ingest import registering
    from ingest.ports import utc_now

    last_day = options.day(last, "--to") or utc_now().date()
    settings = options.settings(config, db)
    _say(registering.retire(settings, entry_id, last_day, who=options.account(who), why=why), as_json=json)


def _say(done: Change, *, as_json: bool) -> None:
    from dashboards.cli import entries, show

    if as_json:
        show.as_json(entries.as_changes([done])[0])
    else:
        entries.say_changes([done])


def _named(entry_id: str | None, name: str | None) -> str:
    from ingest import registry

    if entry_id is None and name is None:
        raise typer.BadParameter("give an ID, or --name from which one is made")
    return entry_id if entry_id is not None else registry.slug(str(name))


def _rules(texts: list[str], *, shared: bool) -> list[str]:
    """With `shared`, addresses prove nothing beyond the vendor, unless it is said."""
    if not shared:
        return texts
    return [text + _SHARED if text.lower().startswith("ip:") and "!" not in text else text for text in texts]


def _days(first: str | None, last: str | None) -> dict[str, Any]:
    said = {"valid_from": (first, "--from"), "valid_to": (last, "--to")}
    return {name: None if text == OPEN else options.day(text, option) for name, (text, option) in said.items() if text}
