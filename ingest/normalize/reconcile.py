"""Holds parsedmarc's answer against the raw XML: nothing may be missing, and nothing may look reported that was not.

parsedmarc's words win where it read a record. What it left out is read from the raw fields, by the same rules, and flagged; what it filled in (a
selector called "none", an envelope_from taken from SPF) becomes None again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from ingest.records import DkimResult, Record, SpfResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.normalize.lane import Normalized
    from ingest.normalize.raw import RawRecord, RawReport

R = TypeVar("R", DkimResult, SpfResult)


@dataclass(frozen=True, slots=True)
class Reconciled:
    """Every record that can be read, and the indexes of those that cannot."""

    records: tuple[Record, ...]
    unreadable: tuple[int, ...]


def reconcile(report: RawReport, normalized: Normalized) -> Reconciled:
    """One record for each <record>, or its index among the unreadable."""
    records, unreadable = [], []
    for raw in report.records:
        parsed = normalized.records.get(raw.index)
        record = _merged(raw, parsed) if parsed is not None else _salvaged(raw)
        if record is None:
            unreadable.append(raw.index)
        else:
            records.append(record)
    return Reconciled(tuple(records), tuple(unreadable))


def _merged(raw: RawRecord, parsed: Record) -> Record | None:
    """Parsedmarc's record with absent values absent again."""
    own = _from_raw(raw)
    if own is None:
        return None
    flags = own.flags
    if not _agree(own, parsed):
        flags = (*flags, "parser_disagrees")
    return replace(
        own,
        disposition=None if raw.disposition is None else _either(own.disposition, parsed.disposition),
        dkim_aligned=parsed.dkim_aligned,
        spf_aligned=parsed.spf_aligned,
        header_from=_either(own.header_from, parsed.header_from),
        flags=flags,
    )


def _salvaged(raw: RawRecord) -> Record | None:
    own = _from_raw(raw)
    return None if own is None else replace(own, flags=(*own.flags, "salvaged"))


def _from_raw(raw: RawRecord) -> Record | None:
    """The record by our own reading; None when its messages or what they belong to cannot be told."""
    messages = raw.messages
    if messages is None or messages < 0 or raw.ambiguous:
        return None
    return Record(
        index=raw.index,
        source_ip=raw.address,
        source_ip_raw=raw.source_ip,
        messages=messages,
        disposition=_word(raw.disposition),
        dkim_aligned=_word(raw.dkim_evaluated) == "pass",
        spf_aligned=_word(raw.spf_evaluated) == "pass",
        header_from=_word(raw.header_from),
        envelope_from=raw.envelope_from,
        envelope_to=raw.envelope_to,
        dkim=_in_words(raw.dkim),
        spf=_in_words(raw.spf),
        reasons=raw.reasons,
        flags=tuple(_flags(raw)),
    )


def _flags(raw: RawRecord) -> list[str]:
    checks = {
        "bad_source_ip": raw.address is None,
        "zero_messages": raw.messages == 0,
        "missing_evaluation": raw.dkim_evaluated is None or raw.spf_evaluated is None,
        "missing_header_from": raw.header_from is None,
        "missing_selector": any(entry.selector is None for entry in raw.dkim),
        "missing_auth_domain": None in {*(entry.domain for entry in raw.dkim), *(entry.domain for entry in raw.spf)},
    }
    return [flag for flag, holds in checks.items() if holds]


def _agree(own: Record, parsed: Record) -> bool:
    """Whether both readings say the same, parsedmarc's fillings allowed."""
    return (
        own.messages == parsed.messages
        and own.dkim_aligned == parsed.dkim_aligned
        and own.spf_aligned == parsed.spf_aligned
        and own.header_from == parsed.header_from
        and _filled_dkim(own.dkim) == _core_dkim(parsed.dkim)
        and _filled_spf(own.spf) == _core_spf(parsed.spf)
    )


def _filled_dkim(results: Sequence[DkimResult]) -> list[tuple[str | None, ...]]:
    return [(r.domain, r.selector or "none", r.result or "none") for r in results if r.domain is not None]


def _filled_spf(results: Sequence[SpfResult]) -> list[tuple[str | None, ...]]:
    return [(r.domain, r.scope or "mfrom", r.result or "none") for r in results if r.domain is not None]


def _core_dkim(results: Sequence[DkimResult]) -> list[tuple[str | None, ...]]:
    return [(r.domain, r.selector, r.result) for r in results]


def _core_spf(results: Sequence[SpfResult]) -> list[tuple[str | None, ...]]:
    return [(r.domain, r.scope, r.result) for r in results]


def _word(text: str | None) -> str | None:
    if text is None:
        return None
    lower = text.lower()
    return text if text == lower else lower  # mostly the same: then one string for both


def _either(own: str | None, parsed: str | None) -> str | None:
    """Parsedmarc's text; the one that is in memory already when both say the same."""
    return own if own == parsed else parsed


def _in_words(results: tuple[R, ...]) -> tuple[R, ...]:
    """The same results with their words in lower case."""
    if all(entry.result == _word(entry.result) for entry in results):
        return results
    return tuple(replace(entry, result=_word(entry.result)) for entry in results)
