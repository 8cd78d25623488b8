"""`services`: the catalogue of mail services."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from analytics.services.model import Kind
from dashboards.cli.options import Json  # noqa: TC001 - Typer reads the annotations

if TYPE_CHECKING:
    from analytics.services.lines import Line, Problem
    from analytics.services.model import Service

app = typer.Typer(
    help="Show and check the catalogue of mail services: how each is recognised, and what makes its mail pass.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

_Kind = Annotated[Kind | None, typer.Option("--kind", help="Only this kind.", show_default=False)]
_Id = Annotated[str, typer.Argument(metavar="ID", help="The first column of `services list`.", show_default=False)]
_File = Annotated[
    Path | None, typer.Argument(metavar="FILE", help="A catalogue of your own. Default: the one that ships.")
]
_Strict = Annotated[bool, typer.Option("--strict", help="Exit with 5 if a line is to be verified again.")]


@app.command("list")
def list_(kind: _Kind = None, json: Json = False) -> None:
    """List the services of the catalogue.

    [dim]Examples:[/dim]
      whosends services list
      whosends services list --kind esp --json
    """
    from analytics.services.catalogue import catalogue
    from dashboards.cli import show

    chosen = [service for service in catalogue().services if kind is None or service.kind is kind]
    if json:
        show.as_json({"services": [_plain(service) for service in chosen]})
        return
    lines = [
        (service.id, service.name, service.kind.value, _answer(service.spf_aligns), _answer(service.dkim_aligns))
        for service in chosen
    ]
    headings = ("Service", "Name", "Kind", "Aligns SPF", "Aligns DKIM")
    show.table(f"{len(chosen)} services", [(heading, "left") for heading in headings], lines)


@app.command("show")
def show_(service: _Id, json: Json = False) -> None:
    """Show one service: how it is recognised, and what to change so that its mail passes.

    [dim]Examples:[/dim]
      whosends services show sendgrid
      whosends services show microsoft-365 --json
    """
    from difflib import get_close_matches

    from analytics.services.catalogue import catalogue
    from dashboards.cli import show
    from ingest.errors import SettingsError

    found = catalogue().by_id.get(service)
    if found is None:
        near = get_close_matches(service, catalogue().by_id, n=1)
        raise SettingsError(
            f"no service {service}", hint=f"did you mean {near[0]}?" if near else "`whosends services list` has them"
        )
    if json:
        show.as_json(_plain(found))
        return
    cells = [(name.replace("_", " "), _cell(value)) for name, value in _plain(found).items()]
    show.table(found.name, [("", "date"), ("", "left")], [line for line in cells if line[1]])


@app.command("check")
def check(file: _File = None, strict: _Strict = False, json: Json = False) -> None:
    """Check a catalogue and say what is wrong, line by line; docs/services.md has its form.

    [dim]Examples:[/dim]
      whosends services check
      whosends services check my-services.csv --strict
    """
    from analytics.services.catalogue import examine, stale
    from dashboards.cli import show
    from ingest.ports import utc_now

    today = utc_now().date()
    lines, problems = examine(file, today=today)
    old = list(stale(lines, today))
    if json:
        again = [{"line": line.number, "id": line.service.id, "verified_on": line.service.verified_on} for line in old]
        found = [{"line": problem.line, "message": problem.message} for problem in problems]
        show.as_json({**_counts(lines), "problems": found, "verify_again": again})
    else:
        _say(lines, problems, old)
    if problems:
        raise typer.Exit(2)
    if old and strict:
        raise typer.Exit(5)


def _say(lines: list[Line], problems: list[Problem], old: list[Line]) -> None:
    from dashboards.cli import show

    for problem in problems:
        show.said(str(problem))
    for line in old:
        show.said(f"line {line.number}: {line.service.id}: to verify again, last on {line.service.verified_on}")
    counts = _counts(lines)
    show.said(f"{counts.pop('services')} services, {len(problems)} problems, {len(old)} to verify again.")
    show.said("Of them: " + ", ".join(f"{number} {what.replace('_', ' ')}" for what, number in counts.items()) + ".")


def _counts(lines: list[Line]) -> dict[str, int]:
    services = [line.service for line in lines]
    return {
        "services": len(services),
        "with_documentation": sum(service.documented for service in services),
        "recognised_by_dkim": sum(bool(service.dkim_domains or service.dkim_selectors) for service in services),
        "with_a_fix": sum(bool(service.fix_en) for service in services),
        "forwarding": sum(service.forwards is True for service in services),
    }


def _plain(service: Service) -> dict[str, Any]:
    from dashboards.cli import show

    return show.fields(service)


def _answer(answer: object) -> str:
    return "" if answer is None else str(answer)


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(str(one) for one in value)
    return "" if value is None else str(value)
