"""The text of a catalogue → its services, and everything that is wrong with it, at once."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any, NamedTuple

from analytics.services.cells import COLUMNS, read
from analytics.services.model import Service

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import date


class Problem(NamedTuple):
    """What is wrong, and in which line of the file; the first line is 1."""

    line: int
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}"


class Line(NamedTuple):
    """A service and the line of the file where it ends."""

    number: int
    service: Service


def parse(
    text: str, *, today: date | None = None, map_names: Collection[str] | None = None
) -> tuple[list[Line], list[Problem]]:
    """The services of the lines that are right, and the problems of the whole file in the order of its lines.

    Args:
        text: CSV (RFC 4180) with the columns of docs/services.md, in any order.
        today: no line can have been verified after it; None: not looked at.
        map_names: the names that parsedmarc's map knows; None: not looked at.
    """
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        header = [column.strip() for column in next(reader, [])]
        problems = [Problem(1, message) for message in _header(header)]
        if problems:
            return [], problems
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        return [], [Problem(reader.line_num, f"not CSV: {error}")]
    lines: list[Line] = []
    for number, row in rows:
        service, messages = _service(header, row)
        problems += [Problem(number, message) for message in messages]
        if service is not None:
            lines.append(Line(number, service))
    problems += _twice(lines)
    if today is not None:
        problems += _later(lines, today)
    if map_names is not None:
        problems += _unknown(lines, map_names)
    return lines, sorted(problems)


def _header(header: list[str]) -> Iterator[str]:
    for column in COLUMNS:
        if column not in header:
            yield f"no column {column}"
    for column in dict.fromkeys(header):
        if column not in COLUMNS:
            yield f"unknown column {column!r}"
        if header.count(column) > 1:
            yield f"column {column} stands there {header.count(column)} times"


def _service(header: list[str], row: list[str]) -> tuple[Service | None, list[str]]:
    if len(row) != len(header):
        return None, [f"{len(row)} cells, not {len(header)}"]
    values, messages = read(dict(zip(header, row, strict=True)))
    messages += _halves(values)
    if messages:
        return None, messages
    service = Service(**values)
    worth = service.patterns() or service.spf_include or service.documented
    return (service, []) if worth else (None, ["has neither pattern nor SPF include nor documentation"])


def _halves(values: dict[str, Any]) -> Iterator[str]:
    for one, other in (("fix_en", "fix_ja"), ("doc_title", "doc_url")):
        if one in values and other in values and bool(values[one]) != bool(values[other]):
            given, missing = (one, other) if values[one] else (other, one)
            yield f"{given} without {missing}"


def _twice(lines: list[Line]) -> Iterator[Problem]:
    ids: dict[str, int] = {}
    owners: dict[tuple[str, str], Line] = {}
    for line in lines:
        if (first := ids.setdefault(line.service.id, line.number)) != line.number:
            yield Problem(line.number, f"id {line.service.id} is that of line {first}")
        for pattern in dict.fromkeys(line.service.patterns()):
            owner = owners.setdefault((pattern.field, pattern.pattern), line)
            if owner is not line:
                owned = f"that of {owner.service.id} in line {owner.number}"
                yield Problem(line.number, f"{pattern.field}: {pattern.pattern} is {owned}")


def _later(lines: list[Line], today: date) -> Iterator[Problem]:
    for number, service in lines:
        if service.verified_on > today:
            yield Problem(number, f"verified_on: {service.verified_on} is after today, {today}")


def _unknown(lines: list[Line], map_names: Collection[str]) -> Iterator[Problem]:
    for number, service in lines:
        for name in service.map_names:
            if name not in map_names:
                yield Problem(number, f"map_names: parsedmarc's map has no {name!r}")
