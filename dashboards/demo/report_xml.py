"""The XML of an aggregate report, in the hand of its reporter."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dashboards.demo.habits import Reporter, XmlHabit
    from dashboards.demo.nouns import Planned, Row, Signature
    from dashboards.demo.story import Policy

Node = tuple[str, "str | list[Node]"]


def report_xml(planned: Planned, reporter: Reporter, policy: Policy) -> bytes:
    """The report as UTF-8 bytes."""
    habit = reporter.xml
    children: list[Node] = [("version", "1.0")] if habit.version else []
    children += [
        ("report_metadata", _metadata(planned, reporter)),
        ("policy_published", _policy(planned, habit, policy)),
    ]
    children += [("record", _record(row, habit, planned.p)) for row in planned.rows]
    lines = [habit.declaration, *_lines(("feedback", children), habit, "", habit.attributes)]
    return ((habit.tail + "\n").join(lines) if habit.indent else "".join(lines)).encode() + b"\n" * bool(habit.indent)


def _lines(node: Node, habit: XmlHabit, margin: str, attributes: str = "") -> Iterator[str]:
    name, content = node
    if isinstance(content, str):
        yield f"{margin}<{name}>{escape(content)}</{name}>"
        return
    yield f"{margin}<{name}{attributes}>"
    for child in content:
        yield from _lines(child, habit, margin + habit.indent)
    yield f"{margin}</{name}>"


def _metadata(planned: Planned, reporter: Reporter) -> list[Node]:
    nodes: list[Node] = [("org_name", reporter.org_name), ("email", reporter.email)]
    if reporter.contact:
        nodes.append(("extra_contact_info", reporter.contact))
    nodes.append(("report_id", planned.report_id))
    nodes.append(("date_range", [("begin", str(planned.begin)), ("end", str(planned.end))]))
    if reporter.xml.generator:
        nodes.append(("generator", reporter.xml.generator))
    return nodes


def _policy(planned: Planned, habit: XmlHabit, policy: Policy) -> list[Node]:
    written: list[tuple[bool, str, str]] = [
        (True, "domain", planned.policy_domain),
        (bool(habit.discovery), "discovery_method", habit.discovery),
        (True, "adkim", policy.adkim),
        (True, "aspf", policy.aspf),
        (True, "p", policy.p),
        (habit.sp, "sp", policy.sp),
        (habit.pct, "pct", "100"),
        (habit.np, "np", policy.np),
        (habit.fo, "fo", "0"),
        (bool(habit.discovery), "testing", "n"),
    ]
    return [(name, value) for wanted, name, value in written if wanted]


def _record(row: Row, habit: XmlHabit, p: str) -> list[Node]:
    identifiers: list[Node] = []
    if row.envelope_to:
        identifiers.append(("envelope_to", row.envelope_to))
    if habit.envelope_from:
        identifiers.append(("envelope_from", row.outcome.spf_domain))
    identifiers.append(("header_from", row.header_from))
    results = [_signature(signature, habit) for signature in row.outcome.signatures]
    if not results and habit.empty_signature:
        results = [("dkim", [("domain", ""), ("selector", ""), ("result", "fail")])]
    return [
        (
            "row",
            [
                ("source_ip", row.source_ip),
                ("count", str(row.messages)),
                ("policy_evaluated", _evaluated(row, habit, p)),
            ],
        ),
        ("identifiers", identifiers),
        ("auth_results", [*results, _spf(row, habit)]),
    ]


def _evaluated(row: Row, habit: XmlHabit, p: str) -> list[Node]:
    disposition = "pass" if habit.says_pass and row.dmarc_pass and p != "none" else row.disposition
    nodes: list[Node] = [
        ("disposition", disposition),
        ("dkim", "pass" if row.dkim_aligned else "fail"),
        ("spf", "pass" if row.spf_aligned else "fail"),
    ]
    if row.reason:
        kind, comment = row.reason
        nodes.append(("reason", [("type", kind), ("comment", comment)]))
    elif habit.empty_reason and not row.dmarc_pass:
        nodes.append(("reason", [("type", ""), ("comment", "")]))
    return nodes


def _signature(signature: Signature, habit: XmlHabit) -> Node:
    nodes: list[Node] = [("domain", signature.domain), ("selector", signature.selector), ("result", signature.result)]
    if habit.human_result:
        nodes.append(("human_result", "2048-bit key" if signature.result == "pass" else "signature did not verify"))
    return ("dkim", nodes)


def _spf(row: Row, habit: XmlHabit) -> Node:
    nodes: list[Node] = [("domain", row.outcome.spf_domain)] if habit.spf_domain else []
    if habit.spf_scope:
        nodes.append(("scope", habit.spf_scope))
    nodes.append(("result", row.outcome.spf_result))
    return ("spf", nodes)
