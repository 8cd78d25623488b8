"""The Authentication-Results header (RFC 8601) of our own mail server, told from all others.

A small parser of its own: values inside comments and quoted strings come from the sender and must never be read as results, and a header
built to be expensive must cost nothing. Only the top-most header that names one of our servers counts, and only above the first hop outside.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.trust import names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_LENGTH = 16_384
_MICROSOFT = "outlook.com"  # its servers leave their own name out
_TOKEN = re.compile(r'\s+|(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<mark>[;=])|(?P<atom>[^\s;="()]+)')
_BY = re.compile(r"\bby\s+\[?([^\s;()\]]+)")


@dataclass(frozen=True, slots=True)
class Result:
    """One `method=result` with its properties, such as header.from."""

    method: str
    result: str
    properties: tuple[tuple[str, str], ...] = ()

    def get(self, name: str) -> str | None:
        """The first property of that name."""
        return next((value for key, value in self.properties if key == name), None)


@dataclass(frozen=True, slots=True)
class Results:
    """One header. `server` is None where the header does not name one."""

    server: str | None
    results: tuple[Result, ...]

    def of(self, method: str) -> list[Result]:
        """All results of a method."""
        return [result for result in self.results if result.method == method]


def ours(fields: Sequence[tuple[str, str]], servers: Sequence[str]) -> Results | None:
    """What our own server found, or None.

    Args:
        fields: header fields from the top down, unfolded, names in lower case.
        servers: the authserv-ids of our own servers.

    Below the last Received of our own everything was written by others, whatever it calls itself.
    """
    ids = {server.strip().lower() for server in servers if server.strip()}
    houses = {names.organization(server) for server in ids} - {None}
    inside = False
    for name, value in fields if ids else ():
        if name == "received":
            host = _received_by(value)
            own = host in ids or names.organization(host) in houses
            if inside and not own:
                return None
            inside = inside or own
        elif name == "authentication-results":
            found = parse(value)
            if found and (found.server in ids or (found.server is None and _MICROSOFT in houses)):
                return found
    return None


def parse(value: str) -> Results | None:
    """One header's value, unfolded; None when it is malformed: nothing can be said about which part is whose."""
    if len(value) > MAX_LENGTH:
        return None
    tokens = _tokens(value)
    if tokens is None:
        return None
    segments = list(_segments(tokens))
    named = "=" not in segments[0]
    server = segments[0][0].strip('"').lower() if named and segments[0] else None
    if named and server is None:
        return None
    results = [_result(segment) for segment in segments[1 if named else 0 :]]
    return Results(server, tuple(result for result in results if result))


def _received_by(value: str) -> str | None:
    found = _BY.search(value[:2_000])
    return found.group(1).lower() if found else None


def _tokens(value: str) -> list[str] | None:
    """Atoms, quoted strings (with their quotes) and marks; comments left out; None when one is not closed."""
    tokens, position = [], 0
    while position < len(value):
        if value[position] == "(":
            end = _comment_end(value, position)
            if end is None:
                return None
            position = end
            continue
        match = _TOKEN.match(value, position)
        if match is None:
            return None
        position = match.end()
        if match.lastgroup:
            tokens.append(match.group())
    return tokens


def _comment_end(value: str, start: int) -> int | None:
    depth, position = 0, start
    while position < len(value):
        letter = value[position]
        if letter == "\\":
            position += 1
        elif letter == "(":
            depth += 1
        elif letter == ")":
            depth -= 1
            if depth == 0:
                return position + 1
        position += 1
    return None


def _segments(tokens: list[str]) -> Iterator[list[str]]:
    segment: list[str] = []
    for part in tokens:
        if part == ";":
            yield segment
            segment = []
        else:
            segment.append(part)
    yield segment


def _result(segment: list[str]) -> Result | None:
    if len(segment) < 3 or [part == "=" for part in segment[:3]] != [False, True, False]:
        return None
    pairs = [
        (segment[index - 1].lower(), segment[index + 1].strip('"'))
        for index in range(1, len(segment) - 1)
        if segment[index] == "=" and "=" not in {segment[index - 1], segment[index + 1]}
    ]
    (method, result), *properties = pairs
    return Result(method.partition("/")[0], result.lower(), tuple(properties))
