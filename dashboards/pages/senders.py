"""Who sends as us: services, their addresses, one address with its days and records, and the raw report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from analytics import kept, overview, senders
from analytics.rates import every_day
from dashboards import charts, context
from dashboards.pages import columns, links, parts, states, whose
from dashboards.wording import rows, sentences

if TYPE_CHECKING:
    import pandas as pd

    from dashboards.context import Visit

SERVICES_SHOWN = 2_000  # of all there are; the CSV holds every one
SOURCES_SHOWN = 500
SOURCES_SEARCHED = 200_000  # for an address that comes from a bookmark
RECORDS_SHOWN = 200
CHART_HEIGHT = 200


def show() -> None:
    """The page, as deep as the address says."""
    visit = context.visit()
    drill = visit.address.drill
    if "report" in drill and "ip" in drill:
        _report(visit, drill["ip"], drill["report"])
    elif "ip" in drill:
        _source(visit, drill["ip"])
    elif "side" in drill:
        whose.side(visit, drill["side"])
    elif "service" in drill:
        _service(visit, drill["service"])
    else:
        _services(visit)


def _services(visit: Visit) -> None:
    words, found = visit.words, context.answer(senders.services, visit.window)
    if found.empty:
        states.no_data(visit)
        return
    totals = context.answer(overview.totals, visit.window)
    parts.answer(sentences.senders(words, visit.window, found, totals))
    _heading(visit, "senders.services", parts.Csv(found, senders.SERVICES), limit=SERVICES_SHOWN)
    shown = found.head(SERVICES_SHOWN)
    parts.table(
        rows.services(words, shown),
        columns.services(visit, shown),
        key="services",
        rows=[visit.address.at(service=name) for name in shown["service"]],
        alt=words("senders.services"),
    )


def _service(visit: Visit, service: str) -> None:
    words, found = visit.words, context.answer(senders.services, visit.window)
    links.crumbs(visit, "nav.senders", [], sentences.named(words, service))
    mine = found[found["service"] == service]
    if mine.empty:
        states.nothing(words("empty.service", service=sentences.named(words, service)))
        return
    parts.answer(sentences.sender(words, visit.window, "service", service, row=mine.iloc[0]))
    parts.facts(visit, rows.service_facts(words, mine.iloc[0]), key="service")
    whose.told(visit, service=service)
    addresses = context.answer(senders.sources, visit.window, service=service, limit=SOURCES_SHOWN)
    _heading(visit, "senders.sources", parts.Csv(addresses, senders.SOURCES), limit=SOURCES_SHOWN)
    parts.table(
        rows.sources(words, addresses),
        columns.sources(visit, addresses),
        key="sources",
        rows=[visit.address.at(service=service, ip=source_ip) for source_ip in addresses["source_ip"]],
        alt=words("senders.sources"),
    )


def _source(visit: Visit, source_ip: str) -> None:
    words, service = visit.words, visit.address.drill.get("service")
    steps = [(sentences.named(words, service), visit.address.at(service=service))] if service else []
    links.crumbs(visit, "nav.senders", steps, sentences.named(words, source_ip))
    source = _known(visit, source_ip)
    if source is None:
        states.nothing(words("empty.source", source=sentences.named(words, source_ip)))
        return
    parts.answer(sentences.sender(words, visit.window, "source", source_ip, row=source))
    parts.facts(visit, rows.source_facts(words, source), key="source")
    whose.told(visit, source_ip=source_ip)
    days = every_day(context.answer(senders.source_days, visit.window, source_ip), visit.window)
    parts.heading(words, "senders.days")
    chart = charts.volume(days, visit.span(), words, visit.colours, height=CHART_HEIGHT)
    st.altair_chart(chart, alt=words("chart.alt.volume"))
    _records(visit, source_ip)


def _records(visit: Visit, source_ip: str) -> None:
    words = visit.words
    found = context.answer(senders.source_records, visit.window, source_ip, limit=RECORDS_SHOWN)
    _heading(visit, "senders.records", parts.Csv(found, senders.SOURCE_RECORDS), limit=RECORDS_SHOWN)
    kept_from = context.answer(kept.records_from)
    if kept.reaches_before(visit.window.since, kept_from):
        parts.not_kept(visit, kept_from)
    parts.table(
        rows.records(words, found),
        columns.records(visit),
        key="records",
        rows=[
            visit.address.step(report=payload, record=str(index))
            for payload, index in zip(found["payload_sha256"], found["record_index"], strict=True)
        ],
        alt=words("senders.records"),
    )


def _report(visit: Visit, source_ip: str, payload_sha256: str) -> None:
    words, service = visit.words, visit.address.drill.get("service")
    steps = [(sentences.named(words, service), visit.address.at(service=service))] if service else []
    steps.append((sentences.named(words, source_ip), visit.address.at(service=service, ip=source_ip)))
    line = parts.ledger_line(payload_sha256)
    links.crumbs(
        visit, "nav.senders", steps, words("nav.reports") if line is None else sentences.report_title(visit.words, line)
    )
    if line is None:
        states.nothing(words("report.raw.none"))
        return
    parts.report(visit, line)
    _record(visit, source_ip, payload_sha256)
    parts.raw_report(visit, payload_sha256)


def _record(visit: Visit, source_ip: str, payload_sha256: str) -> None:
    found = context.answer(senders.source_records, visit.window, source_ip, limit=RECORDS_SHOWN)
    ours = (found["payload_sha256"] == payload_sha256) & (
        found["record_index"].astype(str) == visit.address.drill.get("record")
    )
    if ours.any():
        parts.heading(visit.words, "report.record")
        parts.table(rows.records(visit.words, found[ours]), columns.records(visit), key="record")


def _known(visit: Visit, source_ip: str) -> pd.Series | None:
    for limit in (SOURCES_SHOWN, SOURCES_SEARCHED):
        found = context.answer(senders.sources, visit.window, limit=limit, service=visit.address.drill.get("service"))
        mine = found[found["source_ip"] == source_ip]
        if not mine.empty:
            return mine.iloc[0]
        if len(found) < limit:
            break
    return None


def _heading(visit: Visit, key: str, csv: parts.Csv, *, limit: int | None = None) -> None:
    words = visit.words
    hint = words(f"{key}.hint")
    if limit is not None and len(csv.frame) >= limit:
        hint = words.together(hint, words("senders.first", n=words.number(limit)))
    parts.heading(words, key, hint, csv=csv)
