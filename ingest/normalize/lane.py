"""The door to parsedmarc: one report in, its normalized form out, offline, without enrichment and without splitting counts over days."""

from __future__ import annotations

import gc
import logging
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from ingest.errors import exhausted
from ingest.normalize import canonical
from ingest.records import DkimResult, Record, SpfResult

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from parsedmarc.config import ParserConfig

    from ingest.normalize.raw import RawReport

MEASURED = "11.1.0"  # the version that is known to read every text twice, and to change nothing before the second time
PARSER = f"parsedmarc {version('parsedmarc')}"


class ParsedmarcRefused(Exception):
    """parsedmarc does not take the report at all; the message is its own."""


@dataclass(frozen=True, slots=True)
class Normalized:
    """What parsedmarc made of a report: the reporter's name, and its records by their index in the XML."""

    reporter: str
    records: dict[int, Record]


class NoEnrichment:
    """A cache that always answers, so that parsedmarc looks nothing up: sources are looked up once, after loading."""

    def get(self, ip_address: str, _default: object = None) -> dict[str, str]:
        """A stub with the one key that parsedmarc asks for."""
        return {"ip_address": ip_address}


class ReadOnce:
    """Stands in for parsedmarc's `xmltodict`: the same text asked for twice is read once. Everything else is xmltodict's."""

    def __init__(self, original: ModuleType) -> None:
        self._original = original
        self._kept: dict[str, Any] = {}
        self.memory_ran_out = False  # parsedmarc calls that, and every exception, an invalid report

    def parse(self, xml: str, **options: Any) -> Any:
        """The dict of `xml`; the second caller gets the first one's, which is then forgotten."""
        found = self._kept.pop(xml, None)
        self._kept.clear()
        if found is None:
            found = self._read(xml, options)
            self._kept[xml] = found
        return found

    def _read(self, xml: str, options: dict[str, Any]) -> Any:
        try:
            return self._original.parse(xml, **options)
        except MemoryError:
            self.memory_ran_out = True
            raise

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original, name)


def normalize(report: RawReport) -> Normalized:
    """The report as parsedmarc reads it. Records that it drops are missing from the result.

    Raises:
        ParsedmarcRefused: it takes nothing of the report.
    """
    try:
        parsed = _parse(canonical.plain(report))
        records = parsed["records"]
        if len(records) == len(report.records):
            return _normalized(parsed, {raw.index: record for raw, record in zip(report.records, records, strict=True)})
    except ParsedmarcRefused:
        if not report.records:
            raise
    parsed = _parse(canonical.plain(report, tagged=True))
    tagged = {int(record["identifiers"].pop(canonical.INDEX_TAG)): record for record in parsed["records"]}
    tagged.pop(int(canonical.SENTINEL), None)
    return _normalized(parsed, tagged)


@cache
def _config() -> ParserConfig:
    from parsedmarc.config import ParserConfig

    logging.getLogger("parsedmarc.log").setLevel(logging.CRITICAL)  # what it drops is found by counting, not in its log
    return ParserConfig(
        offline=True,
        always_use_local_files=True,
        normalize_timespan_threshold_hours=float("inf"),
        ip_address_cache=NoEnrichment(),
    )


@cache
def _xmltodict() -> ReadOnce:
    """What parsedmarc reads XML with from now on, spared the work that it does twice."""
    import parsedmarc

    reader = ReadOnce(parsedmarc.xmltodict)
    if version("parsedmarc") == MEASURED:
        parsedmarc.xmltodict = reader
    return reader


@contextmanager
def _uncollected() -> Iterator[None]:
    """No garbage collection inside: a thousand records are a hundred thousand objects, none of them garbage."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _parse(xml: str) -> dict[str, Any]:
    from parsedmarc import parse_aggregate_report_xml

    reader = _xmltodict()
    reader.memory_ran_out = False
    try:
        with _uncollected():
            return dict(parse_aggregate_report_xml(xml, config=_config()))
    except Exception as error:
        if reader.memory_ran_out or isinstance(error.__cause__, MemoryError):
            raise MemoryError from error
        for cause in (error, error.__cause__):
            if isinstance(cause, OSError) and exhausted(cause):
                raise cause from error  # the machine is to blame, not the report
        raise ParsedmarcRefused(str(error)) from error


def _normalized(parsed: dict[str, Any], records: dict[int, dict[str, Any]]) -> Normalized:
    return Normalized(
        reporter=str(parsed["report_metadata"]["org_name"]),
        records={index: _record(index, record) for index, record in records.items()},
    )


def _record(index: int, parsed: dict[str, Any]) -> Record:
    identifiers, results = parsed["identifiers"], parsed["auth_results"]
    return Record(
        index=index,
        source_ip=None,
        source_ip_raw=parsed["source"]["ip_address"],
        messages=int(parsed["count"]),
        disposition=parsed["policy_evaluated"]["disposition"],
        dkim_aligned=bool(parsed["alignment"]["dkim"]),
        spf_aligned=bool(parsed["alignment"]["spf"]),
        header_from=identifiers["header_from"] or None,
        envelope_from=identifiers["envelope_from"],
        envelope_to=identifiers["envelope_to"],
        dkim=tuple(DkimResult(r["domain"], r["selector"], r["result"], r["human_result"]) for r in results["dkim"]),
        spf=tuple(SpfResult(r["domain"], r["scope"], r["result"], r["human_result"]) for r in results["spf"]),
    )
