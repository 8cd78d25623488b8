"""Frames as they are shown: names first, rates as text beside a bar, strangers' text made plain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from dashboards.wording import sentences
from dashboards.wording import verdicts as told
from dashboards.wording.plain import plain
from dashboards.wording.words import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dashboards.wording.words import Words

RATES = (
    ("passed", "dmarc_pass", "pass_rate"),
    ("dkim", "dkim_aligned", "dkim_aligned_rate"),
    ("spf", "spf_aligned", "spf_aligned_rate"),
)


def services(words: Words, frame: pd.DataFrame) -> pd.DataFrame:
    """`analytics.senders.SERVICES` → service, service_kind, messages, the rates, before, sources, first_seen, last_seen."""
    before = zip(frame["previous_dmarc_pass"], frame["previous_messages"], frame["previous_pass_rate"], strict=True)
    return pd.DataFrame(
        {
            "service": [sentences.named(words, value) for value in frame["service"]],
            "messages": frame["messages"],
            **_rates(words, frame),
            "before": [words.passed(*row) for row in before],
            "sources": frame["sources"],
            "service_kind": [plain(value) for value in frame["service_kind"]],
            "first_seen": frame["first_seen"],
            "last_seen": frame["last_seen"],
        }
    )


def sources(words: Words, frame: pd.DataFrame) -> pd.DataFrame:
    """`analytics.senders.SOURCES` → source_ip, messages, the rates, reverse_name, country, network, first_seen, last_seen."""
    return pd.DataFrame(
        {
            "source_ip": [sentences.named(words, value) for value in frame["source_ip"]],
            "messages": frame["messages"],
            **_rates(words, frame),
            "reverse_name": [plain(value) for value in frame["reverse_name"]],
            "country": [plain(value) for value in frame["country"]],
            "network": [network(row) for _, row in frame.iterrows()],
            "first_seen": frame["first_seen"],
            "last_seen": frame["last_seen"],
        }
    )


def records(words: Words, frame: pd.DataFrame) -> pd.DataFrame:
    """`analytics.senders.SOURCE_RECORDS` → one line per record, results in words."""
    return pd.DataFrame(
        {
            "day": frame["day"],
            "reporter": [plain(value) for value in frame["reporter"]],
            "messages": frame["messages"],
            "dmarc": [_result(words, *row) for row in zip(frame["dkim_aligned"], frame["spf_aligned"], strict=True)],
            "disposition": [disposition(words, value) for value in frame["disposition"]],
            "header_from": [sentences.named(words, value) for value in frame["header_from"]],
            "envelope_from": [plain(value) for value in frame["envelope_from"]],
            "dkim": [plain(value) for value in frame["dkim"]],
            "spf": [plain(value) for value in frame["spf"]],
            "reasons": [plain(value) for value in frame["reasons"]],
        }
    )


def failing(words: Words, frame: pd.DataFrame) -> pd.DataFrame:
    """`analytics.failing.FAILING` → who, how much, why in words, the evidence, what receivers did."""
    return pd.DataFrame(
        {
            "service": [sentences.named(words, value) for value in frame["service"]],
            "header_from": [sentences.named(words, value) for value in frame["header_from"]],
            "failing": frame["failing"],
            "cause": [words(f"cause.short.{value}") for value in frame["cause"]],
            "evidence_dkim": [sentences.evidence_dkim(words, row) for _, row in frame.iterrows()],
            "evidence_spf": [sentences.evidence_spf(words, row) for _, row in frame.iterrows()],
            "quarantined": frame["quarantined"],
            "rejected": frame["rejected"],
            "sources": frame["sources"],
            "first_seen": frame["first_seen"],
            "last_seen": frame["last_seen"],
        }
    )


def verdicts(words: Words, frame: pd.DataFrame) -> pd.DataFrame:
    """`analytics.verdict.answers.VERDICTS` → who, how much, what it is, how sure, what was seen, what receivers did."""
    lines = [row for _, row in frame.iterrows()]
    return pd.DataFrame(
        {
            "service": [sentences.named(words, value) for value in frame["service"]],
            "header_from": [sentences.named(words, value) for value in frame["header_from"]],
            "messages": frame["messages"],
            "verdict": [told.verdict(words, row) for row in lines],
            "confidence": [told.confidence(words, value) for value in frame["confidence"]],
            "seen": [told.seen(words, row) for row in lines],
            "quarantined": frame["quarantined"],
            "rejected": frame["rejected"],
            "sources": frame["sources"],
        }
    )


_UNAUTHORIZED = (
    *("messages", "delivered", "quarantined", "rejected", "not_stopped", "sources", "header_froms", "reporters"),
    "last_day",
)


def unauthorized(words: Words, frame: pd.DataFrame) -> pd.DataFrame:
    """`analytics.verdict.unauthorized.LINES` → what the line is about, and its numbers."""
    before = [NOTHING if pd.isna(value) else words.number(value) for value in frame["messages_before"]]
    lines = [sentences.named(words, value) for value in frame["line"]]
    return frame[list(_UNAUTHORIZED)].assign(line=lines, before_messages=before)


def unauthorized_kinds(words: Words, frame: pd.DataFrame) -> pd.DataFrame:
    """`analytics.verdict.unauthorized.KINDS`, likewise."""
    return frame[list(_UNAUTHORIZED)].assign(line=[told.verdict(words, row) for _, row in frame.iterrows()])


def unauthorized_names(words: Words, frame: pd.DataFrame) -> pd.DataFrame:
    """`analytics.verdict.unauthorized.NAMES`, likewise, and why they are here."""
    lines = [sentences.named(words, value) for value in frame["header_from"]]
    why = [words(f"unauthorized.why.{value}") for value in frame["why"]]
    return frame[list(_UNAUTHORIZED)].assign(line=lines, why=why)


def ledger(words: Words, frame: pd.DataFrame) -> pd.DataFrame:
    """`analytics.ledger.LEDGER` → received, reporter, domain, day, messages, fate, reason, report_id, member."""
    return pd.DataFrame(
        {
            "received": frame["received_utc"],
            "reporter": [plain(value) or NOTHING for value in frame["reporter"]],
            "policy_domain": [plain(value) or NOTHING for value in frame["policy_domain"]],
            "day": frame["day"],
            "messages": frame["messages"],
            "fate": [words(f"fate.{value}") for value in frame["fate"]],
            "reason": [_reason(words, row) for _, row in frame.iterrows()],
            "report_id": [plain(value) for value in frame["report_id"]],
            "member": [plain(value) for value in frame["member"]],
        }
    )


def _reason(words: Words, line: pd.Series) -> str:
    """Why it has its fate, and what is to be known of a report that counts."""
    met = words(f"reports.meets.{line['meets']}") if pd.notna(line["meets"]) else ""
    return "; ".join(text for text in (plain(line["reason"]), met) if text)


def report_facts(words: Words, line: pd.Series) -> Iterator[tuple[str, str]]:
    """One ledger line as pairs of column key and text, without those that are missing."""
    period = (
        words("format.span", since=words.moment(line["begin_utc"]), until=words.moment(line["end_utc"]))
        if pd.notna(line["begin_utc"])
        else ""
    )
    pairs = (
        ("fate", words(f"fate.{line['fate']}")),
        ("reason", _reason(words, line)),
        ("policy_domain", plain(line["policy_domain"])),
        ("period", period),
        ("policy", f"p={plain(line['p'])}" if plain(line["p"]) else ""),
        ("messages", _number(words, line["messages"])),
        ("records", _number(words, line["records"])),
        ("report_id", plain(line["report_id"])),
        ("received", words.moment(line["received_utc"])),
        ("origin", plain(line["origin"])),
        ("member", plain(line["member"])),
        ("sha256", plain(line["payload_sha256"]) or plain(line["mail_sha256"])),
    )
    return ((key, text) for key, text in pairs if text)


def acts(words: Words, frame: pd.DataFrame) -> pd.DataFrame:
    """`analytics.ledger.ACTS` → at, who, what, why, fate_before, fate_after."""
    return pd.DataFrame(
        {
            "at": frame["at_utc"],
            "who": [plain(value) for value in frame["who"]],
            "what": [words(f"act.what.{value}") for value in frame["what"]],
            "why": [plain(value) for value in frame["why"]],
            "fate_before": [words(f"fate.{value}") for value in frame["fate_before"]],
            "fate_after": [words(f"fate.{value}") for value in frame["fate_after"]],
        }
    )


def source_facts(words: Words, row: pd.Series) -> Iterator[tuple[str, str]]:
    """What is known about one address, as pairs of column key and text."""
    pairs = (
        ("service", sentences.named(words, row["service"])),
        ("reverse_name", plain(row["reverse_name"])),
        ("network", network(row)),
        ("country", plain(row["country"])),
        ("first_seen", words.day(row["first_seen"])),
        ("last_seen", words.day(row["last_seen"])),
    )
    return ((key, text) for key, text in pairs if text)


def service_facts(words: Words, row: pd.Series) -> Iterator[tuple[str, str]]:
    """One service in numbers, as pairs of column key and text."""
    shares = ((name, words.passed(int(row[part]), int(row["messages"]), row[rate])) for name, part, rate in RATES[1:])
    before = words.passed(int(row["previous_dmarc_pass"]), int(row["previous_messages"]), row["previous_pass_rate"])
    return iter(
        (
            *((f"{name}_aligned", text) for name, text in shares),
            ("previous", before),
            ("quarantined", words.number(row["quarantined"])),
            ("rejected", words.number(row["rejected"])),
            ("header_from", ", ".join(sentences.named(words, name) for name in row["header_froms"])),
            ("first_seen", words.day(row["first_seen"])),
            ("last_seen", words.day(row["last_seen"])),
        )
    )


def failing_facts(words: Words, row: pd.Series) -> Iterator[tuple[str, str]]:
    """The evidence of one kind of failure, as pairs of column key and text."""
    pairs = (
        ("evidence_dkim", sentences.evidence_dkim(words, row)),
        ("evidence_spf", sentences.evidence_spf(words, row)),
        ("sources", words.number(row["sources"])),
        ("first_seen", words.day(row["first_seen"])),
        ("last_seen", words.day(row["last_seen"])),
    )
    return ((key, text) for key, text in pairs if text)


def network(row: pd.Series) -> str:
    """`AS64500 Example Networks`, or what is known of it."""
    number = "" if pd.isna(row["asn"]) else f"AS{row['asn']}"
    return f"{number} {plain(row['as_name'])}".strip()


def disposition(words: Words, value: str | float | None) -> str:
    """What the receiver did, in words; what the standard does not know stays as reported."""
    if pd.isna(value):
        return words("value.not_reported")
    key = f"value.disposition.{value}"
    return words(key) if words.has(key) else plain(value)


def _rates(words: Words, frame: pd.DataFrame) -> dict[str, object]:
    shown: dict[str, object] = {}
    for name, part, rate in RATES:
        shown[name] = [words.passed(*row) for row in zip(frame[part], frame["messages"], frame[rate], strict=True)]
        if name == "passed":
            shown["bar"] = frame[rate]
    return shown


def _result(words: Words, dkim_aligned: bool, spf_aligned: bool) -> str:  # noqa: FBT001 - columns of a row
    if not dkim_aligned and not spf_aligned:
        return words("value.fail")
    legs = [leg for leg, aligned in (("DKIM", dkim_aligned), ("SPF", spf_aligned)) if aligned]
    return f"{words('value.pass')} ({' + '.join(legs)})"


def _number(words: Words, value: float) -> str:
    return "" if pd.isna(value) else words.number(value)
