"""The catalogue as a whole: the one that ships, or one from a file."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import TYPE_CHECKING

from analytics.services.lines import Line, Problem, parse
from ingest.bundled import resources
from ingest.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

    from analytics.services.model import Pattern, Service

STALE_DAYS = 400  # a fact about somebody else's product is to be looked at about once a year


@dataclass(frozen=True)
class Catalogue:
    """Services in the order of their file."""

    services: tuple[Service, ...]

    @cached_property
    def by_id(self) -> dict[str, Service]:
        """Each service by its id."""
        return {service.id: service for service in self.services}

    @cached_property
    def patterns(self) -> tuple[Pattern, ...]:
        """The table that matching joins with (`Pattern`): the strongest kind first, then by service in file order."""
        found = [pattern for service in self.services for pattern in service.patterns()]
        return tuple(sorted(found, key=lambda pattern: pattern.strength))

    @cached_property
    def by_pattern(self) -> dict[str, dict[str, Pattern]]:
        """The same by field, then by what is matched."""
        found: dict[str, dict[str, Pattern]] = {}
        for pattern in self.patterns:
            found.setdefault(pattern.field, {})[pattern.pattern] = pattern
        return found

    @cached_property
    def found(self) -> dict[tuple[str, str], Pattern | None]:
        """What was looked for already, by field and value: the same few are asked for very often."""
        return {}


@cache
def catalogue() -> Catalogue:
    """The catalogue that ships.

    Raises:
        SettingsError: the file in the package was changed and is no catalogue any more.
    """
    lines, problems = parse(shipped())
    if problems:
        raise SettingsError(
            f"services.csv: {len(problems)} problems; {problems[0]}", hint="`whosends services check` lists them"
        )
    return Catalogue(tuple(line.service for line in lines))


def shipped() -> str:
    """The text of the file that ships."""
    return (files("analytics.reference") / "services.csv").read_text(encoding="utf-8")


def examine(path: Path | None, *, today: date) -> tuple[list[Line], list[Problem]]:
    """The services of a file, or of the one that ships, and everything that is wrong with it.

    Raises:
        SettingsError: the file cannot be read.
    """
    try:
        text = path.read_bytes().decode("utf-8") if path else shipped()
    except OSError as error:
        raise SettingsError(
            f"{path}: {error.strerror}", hint="name a CSV file; docs/services.md has its form"
        ) from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: not UTF-8 (byte {error.start})", hint="save it as CSV in UTF-8") from error
    return parse(text, today=today, map_names=map_names())


def stale(lines: list[Line], today: date) -> Iterator[Line]:
    """The lines whose facts are older than `STALE_DAYS`."""
    return (line for line in lines if (today - line.service.verified_on).days > STALE_DAYS)


@cache
def map_names() -> frozenset[str]:
    """The names of services in parsedmarc's map of reverse names."""
    with (resources() / "maps" / "base_reverse_dns_map.csv").open(encoding="utf-8", newline="") as file:
        return frozenset(row["name"].strip() for row in csv.DictReader(file))
