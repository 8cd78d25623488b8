"""The door to parsedmarc: one report in, its normalized form out, offline, without enrichment and without splitting counts over days."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from ingest.model import DkimResult, Record, SpfResult
from ingest.normalize import canonical

if TYPE_CHECKING:
    from parsedmarc.config import ParserConfig

    from ingest.normalize.raw import RawReport

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


def normalize(report: RawReport) -> Normalized:
    """The report as parsedmarc reads it. Records that it drops are missing from the result.

    Raises:
        ParsedmarcRefused: it takes nothing of the report.
    """
    try:
        parsed = _parse(canonical.plain(report))
        records = parsed["records"]
        if len(records) == len(report.records):
            return _normalized(parsed, dict(enumerate(records)))
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


def _parse(xml: str) -> dict[str, Any]:
    from parsedmarc import parse_aggregate_report_xml

    try:
        return dict(parse_aggregate_report_xml(xml, config=_config()))
    except Exception as error:
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
