"""How columns of tables look: numbers to the right, volumes and rates with a bar, our own words as headers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

if TYPE_CHECKING:
    import pandas as pd

    from dashboards.context import Visit


def services(visit: Visit, frame: pd.DataFrame) -> dict[str, Any]:
    """Of `rows.services`."""
    return {
        "service": text(visit, "service", width=230),
        **_volume_and_rates(visit, frame),
        "before": right(visit, "previous", width=110),
        "sources": whole(visit, "sources", width=90),
        "service_kind": text(visit, "service_kind", width=120),
        "first_seen": day(visit, "first_seen"),
        "last_seen": day(visit, "last_seen"),
    }


def sources(visit: Visit, frame: pd.DataFrame) -> dict[str, Any]:
    """Of `rows.sources`."""
    return {
        "source_ip": text(visit, "source_ip", width=190),
        **_volume_and_rates(visit, frame),
        "network": text(visit, "network", width=190),
        "country": text(visit, "country", width=75),
        "reverse_name": text(visit, "reverse_name", width=180),
        "first_seen": day(visit, "first_seen"),
        "last_seen": day(visit, "last_seen"),
    }


def records(visit: Visit) -> dict[str, Any]:
    """Of `rows.records`."""
    return {
        "day": day(visit, "day"),
        "reporter": text(visit, "reporter", width=130),
        "messages": whole(visit, "messages", width=90),
        "dmarc": text(visit, "dmarc", width=145),
        "disposition": text(visit, "disposition", width=100),
        "header_from": text(visit, "header_from", width=175),
        "envelope_from": text(visit, "envelope_from", width=150),
        "dkim": text(visit, "dkim", width=300),
        "spf": text(visit, "spf", width=230),
        "reasons": text(visit, "reasons", width=160),
    }


def failing(visit: Visit, frame: pd.DataFrame) -> dict[str, Any]:
    """Of `rows.failing`."""
    return {
        "service": text(visit, "service", width=180),
        "header_from": text(visit, "header_from", width=175),
        "failing": volume(visit, "failing", frame["failing"], colour=visit.colours.broken),
        "cause": text(visit, "cause", width=225),
        "evidence_dkim": text(visit, "evidence_dkim", width=230),
        "evidence_spf": text(visit, "evidence_spf", width=210),
        "quarantined": whole(visit, "quarantined", width=95),
        "rejected": whole(visit, "rejected", width=85),
        "sources": whole(visit, "sources", width=85),
        "first_seen": day(visit, "first_seen"),
        "last_seen": day(visit, "last_seen"),
    }


def verdicts(visit: Visit, frame: pd.DataFrame) -> dict[str, Any]:
    """Of `rows.verdicts`."""
    return {
        "service": text(visit, "service", width=190),
        "header_from": text(visit, "header_from", width=175),
        "messages": volume(visit, "messages", frame["messages"], colour=visit.colours.unknown),
        "verdict": text(visit, "verdict", width=260),
        "confidence": text(visit, "confidence", width=85),
        "seen": text(visit, "seen", width=420),
        "quarantined": whole(visit, "quarantined", width=95),
        "rejected": whole(visit, "rejected", width=85),
        "sources": whole(visit, "sources", width=85),
    }


def unauthorized(visit: Visit, frame: pd.DataFrame, *, why: bool = False) -> dict[str, Any]:
    """Of `rows.unauthorized`, `unauthorized_kinds` and `unauthorized_names`."""
    return {
        "line": text(visit, "line", width=280),
        **({"why": text(visit, "why", width=110)} if why else {}),
        "messages": volume(visit, "messages", frame["messages"], colour=visit.colours.stranger),
        **({"before_messages": right(visit, "before_messages", width=90)} if "messages_before" in frame else {}),
        **{name: whole(visit, name, width=95) for name in ("delivered", "quarantined", "rejected", "not_stopped")},
        **{name: whole(visit, name, width=85) for name in ("sources", "header_froms", "reporters")},
        "last_day": day(visit, "last_day"),
    }


def ledger(visit: Visit) -> dict[str, Any]:
    """Of `rows.ledger`."""
    return {
        "received": moment(visit, "received"),
        "reporter": text(visit, "reporter", width=170),
        "policy_domain": text(visit, "policy_domain", width=175),
        "day": day(visit, "day"),
        "messages": whole(visit, "messages", width=90),
        "fate": text(visit, "fate", width=100),
        "reason": text(visit, "reason", width=220),
        "report_id": text(visit, "report_id", width=220),
        "member": text(visit, "member", width=220),
    }


def acts(visit: Visit) -> dict[str, Any]:
    """Of `rows.acts`."""
    return {
        "at": moment(visit, "at"),
        "who": text(visit, "who", width=140),
        "what": text(visit, "what", width=100),
        "why": text(visit, "why", width=420),
        "fate_before": text(visit, "fate_before", width=110),
        "fate_after": text(visit, "fate_after", width=110),
    }


def entries(visit: Visit) -> dict[str, Any]:
    """Of `registry.listed`."""
    return {
        "name": text(visit, "name", width=170),
        "decision": text(visit, "decision", width=85),
        "domains": text(visit, "domains", width=165),
        "rules": text(visit, "rules", width=230),
        "owner": text(visit, "owner", width=95),
        "ticket": text(visit, "ticket", width=80),
        "critical": text(visit, "critical", width=65),
        "valid_from": day(visit, "valid_from"),
        "valid_to": day(visit, "valid_to"),
        "changed_at": moment(visit, "changed_at"),
        "changed_by": text(visit, "changed_by", width=95),
    }


def proposed(visit: Visit, frame: pd.DataFrame) -> dict[str, Any]:
    """Of `registry.proposed`."""
    return {
        "name": text(visit, "name", width=230),
        "messages": volume(visit, "messages", frame["messages"], colour=visit.colours.unknown),
        "domains": text(visit, "domains", width=230),
        "rules": text(visit, "rules", width=420),
        "sources": whole(visit, "sources", width=95),
        "reporters": whole(visit, "reporters", width=95),
    }


def rules(visit: Visit) -> dict[str, Any]:
    """Of `registry.rules`."""
    return {
        "rule": text(visit, "rule", width=300),
        "proof": text(visit, "proof", width=320),
        "looks_at": text(visit, "looks_at", width=240),
    }


def decided(visit: Visit) -> dict[str, Any]:
    """Of `registry.history`."""
    return {
        "at": moment(visit, "at"),
        "who": text(visit, "who", width=110),
        "what": text(visit, "what", width=90),
        "changed": text(visit, "changed", width=560),
        "why": text(visit, "why", width=320),
    }


def changes(visit: Visit) -> dict[str, Any]:
    """Of `registry.changes`."""
    return {
        "entry_id": text(visit, "entry_id", width=180),
        "what": text(visit, "what", width=100),
        "changed": text(visit, "changed", width=700),
    }


def text(visit: Visit, key: str, *, width: int) -> Any:
    """Words, to the left."""
    return st.column_config.TextColumn(visit.words(f"column.{key}"), width=width)


def right(visit: Visit, key: str, *, width: int) -> Any:
    """Text that stands for a number, to the right."""
    return st.column_config.TextColumn(visit.words(f"column.{key}"), width=width, alignment="right")


def whole(visit: Visit, key: str, *, width: int) -> Any:
    """A whole number with thousands separators."""
    return st.column_config.NumberColumn(
        visit.words(f"column.{key}"), format="localized", width=width, alignment="right"
    )


def day(visit: Visit, key: str) -> Any:
    """A UTC day."""
    return st.column_config.DateColumn(visit.words(f"column.{key}"), format="YYYY-MM-DD", width=100)


def moment(visit: Visit, key: str) -> Any:
    """A time in UTC."""
    return st.column_config.DatetimeColumn(
        visit.words(f"column.{key}"), format="YYYY-MM-DD HH:mm", timezone="UTC", width=145
    )


def volume(visit: Visit, key: str, values: pd.Series, *, colour: str) -> Any:
    """A number of messages with a bar; the longest bar is the largest of the table."""
    return st.column_config.ProgressColumn(
        visit.words(f"column.{key}"),
        format="localized",
        min_value=0,
        max_value=max(int(values.max()), 1),
        color=colour,
        width=150,
    )


def _volume_and_rates(visit: Visit, frame: pd.DataFrame) -> dict[str, Any]:
    bar = st.column_config.ProgressColumn("", format=" ", min_value=0, max_value=1, color=visit.colours.fine, width=80)
    return {
        "messages": volume(visit, "messages", frame["messages"], colour=visit.colours.unknown),
        "passed": right(visit, "passed", width=90),
        "bar": bar,
        "dkim": right(visit, "dkim_aligned", width=100),
        "spf": right(visit, "spf_aligned", width=100),
    }
