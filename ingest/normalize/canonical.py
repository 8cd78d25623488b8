"""Writes a raw report again as plain XML that parsedmarc can read: no prefixes, no attributes, nothing unknown.

In the tagged form every record carries its index (parsedmarc hands unknown children of <identifiers> through), and one good record is added at the
end: then parsedmarc drops bad records instead of refusing the report, and tells which ones it kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.normalize.raw import RawRecord, RawReport
    from ingest.records import DkimResult, Reason, SpfResult

INDEX_TAG = "whosends_index"
SENTINEL = "-1"
_SENTINEL_RECORD = (
    "<record><row><source_ip>192.0.2.1</source_ip><count>1</count><policy_evaluated><disposition>none</disposition>"
    "<dkim>fail</dkim><spf>fail</spf></policy_evaluated></row><identifiers><header_from>invalid.example</header_from>"
    f"<{INDEX_TAG}>{SENTINEL}</{INDEX_TAG}></identifiers><auth_results/></record>"
)


def plain(report: RawReport, *, tagged: bool = False) -> str:
    """The report as XML text. Values that parsedmarc insists on and the reporter left out are filled; `reconcile` takes them out again."""
    policy = {"p": "none", **report.policy}
    domain = policy.pop("domain", "invalid.example")
    pieces = [
        "<feedback>",
        _element("version", report.version) if report.version else "",
        "<report_metadata>",
        _element("org_name", report.org_name or _domain_of(report.email) or "unnamed"),
        _element("email", report.email),
        _element("report_id", report.report_id or "-"),
        f"<date_range>{_element('begin', report.begin)}{_element('end', report.end)}</date_range></report_metadata>",
        f"<policy_published>{_element('domain', domain)}",
        *(_element(name, text) for name, text in policy.items() if name.isidentifier()),
        "</policy_published>",
        *(_record(record, tagged=tagged) for record in report.records),
        _SENTINEL_RECORD if tagged else "",
        "</feedback>",
    ]
    return "".join(pieces)


def _domain_of(email: str | None) -> str:
    return (email or "").rpartition("@")[2]


def _element(name: str, text: str | None) -> str:
    return f"<{name}>{escape(text or '')}</{name}>"


def _optional(name: str, text: str | None) -> str:
    return "" if text is None else _element(name, text)


def _record(record: RawRecord, *, tagged: bool) -> str:
    return "".join(_record_pieces(record, tagged=tagged))


def _record_pieces(record: RawRecord, *, tagged: bool) -> Iterator[str]:
    yield "<record><row>"
    yield _optional("source_ip", record.source_ip)
    yield _optional("count", record.count)
    yield "<policy_evaluated>"
    yield _optional("disposition", record.disposition)
    yield _optional("dkim", record.dkim_evaluated)
    yield _optional("spf", record.spf_evaluated)
    yield _reasons(record.reasons)
    yield "</policy_evaluated></row><identifiers>"
    yield _element("header_from", record.header_from)
    yield _optional("envelope_from", record.envelope_from)
    yield _optional("envelope_to", record.envelope_to)
    if tagged:
        yield _element(INDEX_TAG, str(record.index))
    yield "</identifiers><auth_results>"
    yield _results("dkim", "selector", [(entry, entry.selector) for entry in record.dkim])
    yield _results("spf", "scope", [(entry, entry.scope) for entry in record.spf])
    yield "</auth_results></record>"


def _reasons(reasons: Sequence[Reason]) -> str:
    return "".join(f"<reason>{_element('type', r.type)}{_element('comment', r.comment)}</reason>" for r in reasons)


def _results(kind: str, extra: str, entries: Sequence[tuple[DkimResult | SpfResult, str | None]]) -> str:
    return "".join(
        f"<{kind}>{_optional('domain', entry.domain)}{_optional(extra, value)}{_optional('result', entry.result)}"
        f"{_optional('human_result', entry.human_result)}</{kind}>"
        for entry, value in entries
        if entry.domain is not None
    )
