"""Answers in whole sentences, made from what analytics found. All of them are plain text, never markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analytics.labels import NO_ADDRESS, NO_DOMAIN, UNKNOWN_NETWORK
from dashboards.wording.plain import plain
from dashboards.wording.words import FEW_MESSAGES, NOTHING

if TYPE_CHECKING:
    from analytics.changes import Change
    from analytics.held import Status
    from analytics.ledger import Meeting
    from analytics.overview import Overview, Totals
    from analytics.window import Window
    from dashboards.wording.words import Words

MISSING_SHOWN = 3
_LABELS = {
    NO_ADDRESS: "value.no_address",
    NO_DOMAIN: "value.no_domain",
    UNKNOWN_NETWORK: "value.unknown_network",
}


def named(words: Words, value: object) -> str:
    """A text of a report, or our own word where the report left it out."""
    key = _LABELS.get(str(value))
    return words(key) if key else plain(value)


def who(words: Words, window: Window) -> str:
    """Whom the mail claims to come from."""
    return plain(window.domain) if window.domain else words("overview.who.all")


def overview(words: Words, found: Overview, *, comparable: bool) -> str:
    """How many, how many passed, and how that compares with the days before, when there is data of all of them."""
    this, before = found.this, found.previous
    values = {
        "messages": words.some("messages", this.messages),
        "who": who(words, found.window),
        "passed": words.passed(this.dmarc_pass, this.messages, this.pass_rate),
        "days": words.some("days", found.window.days),
    }
    if not comparable or min(this.messages, before.messages) < FEW_MESSAGES:
        return words("overview.answer", **values)
    points = round(this.pass_rate * 100, 1) - round(before.pass_rate * 100, 1)
    tone = "same" if abs(points) < 0.05 else "better" if points > 0 else "worse"
    amount = words("overview.points", value=f"{abs(points):.1f}")
    return words(f"overview.answer.{tone}", **values, points=amount)


def attention(words: Words, found: Overview) -> str:
    """The one change to look at first, or that there is none."""
    for change in found.changes:
        if change.kind in {"service_worse", "failing_burst", "new_service", "gone_service"}:
            return words("overview.first", change=changed(words, change))
    return words("overview.calm")


def changed(words: Words, change: Change) -> str:
    """One change as a sentence."""
    key = f"change.{change.kind}"
    since = f"{key}.since"
    values = {
        "subject": named(words, change.subject),
        "before": _told(words, change.before),
        "after": _told(words, change.after),
        "messages": words.some("messages", change.messages),
    }
    if change.first_day is not None and words.has(since):
        return words(since, **values, day=words.day(change.first_day))
    return words(key, **values)


def senders(words: Words, window: Window, services: pd.DataFrame, totals: Totals) -> str:
    """How many services sent how much, and which of them fails most."""
    answer = words(
        "senders.answer",
        services=words.some("services", len(services)),
        messages=words.some("messages", totals.messages),
        who=who(words, window),
    )
    failing = services["messages"] - services["dmarc_pass"]
    if failing.sum() == 0:
        return words.together(answer, words("senders.answer.fine"))
    worst = services.iloc[int(failing.argmax())]
    part = words("senders.answer.part", part=words.number(failing.max()), whole=words.number(float(worst["messages"])))
    return words.together(answer, words("senders.answer.worst", service=named(words, worst["service"]), failing=part))


def sender(words: Words, window: Window, key: str, name: str, *, row: pd.Series) -> str:
    """One service or address: how much it sent and how much of it passed."""
    messages = int(row["messages"])
    return words(
        f"{key}.answer",
        **{key: named(words, name)},
        who=who(words, window),
        messages=words.some("messages", messages),
        passed=words.passed(int(row["dmarc_pass"]), messages, float(row["pass_rate"])),
    )


def failing(words: Words, totals: Totals, kinds: pd.DataFrame) -> str:
    """How much failed, and the biggest kind of failure."""
    amount = words.some("messages", totals.failing)
    if totals.messages < FEW_MESSAGES:
        answer = words("failing.answer.few", failing=amount)
    else:
        answer = words("failing.answer", failing=amount, rate=words.percent(totals.failing / totals.messages))
    top = kinds.iloc[0]
    biggest = words(
        "failing.answer.top",
        service=named(words, top["service"]),
        header_from=named(words, top["header_from"]),
        messages=words.some("messages", int(top["failing"])),
    )
    return words.together(answer, biggest)


def failing_one(words: Words, row: pd.Series) -> str:
    """How much of one kind of mail fails."""
    return words(
        "failing.one",
        service=named(words, row["service"]),
        header_from=named(words, row["header_from"]),
        failing=words.number(row["failing"]),
        messages=words.some("messages", int(row["messages"])),
    )


def cause(words: Words, row: pd.Series) -> str:
    """Why one kind of mail fails, with its evidence."""
    return words(
        f"cause.{row['cause']}",
        dkim=_dkim(words, row),
        spf=_spf(words, row),
        spf_domain=_or_nothing(row["spf_domain"]),
        header_from=named(words, row["header_from"]),
    ).strip()


def meaning(words: Words, row: pd.Series) -> str:
    """What to do about one kind of failing mail."""
    return words(
        f"meaning.{row['cause']}",
        service=named(words, row["service"]),
        header_from=named(words, row["header_from"]),
        selector=_or_nothing(row["dkim_selector"]),
        domain=_or_nothing(row["dkim_domain"]),
    )


def treated(words: Words, row: pd.Series) -> str:
    """What receivers did with failing mail."""
    rest = row["failing"] - row["quarantined"] - row["rejected"]
    return words(
        "failing.treated.text",
        quarantined=words.number(row["quarantined"]),
        rejected=words.number(row["rejected"]),
        rest=words.number(rest),
    )


def evidence_dkim(words: Words, row: pd.Series) -> str:
    """The signature of one kind of failing mail, short."""
    if pd.isna(row["dkim_domain"]):
        return NOTHING
    return words(
        "evidence.short.dkim",
        domain=plain(row["dkim_domain"]),
        selector=_or_nothing(row["dkim_selector"]),
        result=plain(row["dkim_result"]),
    ).strip()


def evidence_spf(words: Words, row: pd.Series) -> str:
    """The SPF check of one kind of failing mail, short."""
    if pd.isna(row["spf_domain"]):
        return NOTHING
    return words("evidence.short.spf", domain=plain(row["spf_domain"]), result=plain(row["spf_result"])).strip()


def came_in(words: Words, status: Status) -> str:
    """How much came in, and how much of it was accepted."""
    payloads, accepted = sum(status.payloads.values()), status.payloads.get("accepted", 0)
    return words(
        "reports.answer.all" if payloads == accepted else "reports.answer",
        mails=words.some("mails", sum(status.mails.values())),
        payloads=words.some("payloads", payloads),
        accepted=words.number(accepted),
    )


def covered(words: Words, status: Status, *, in_period: bool) -> str:
    """The days that the accepted reports speak of, and whether the period limits the list."""
    if status.first_day is None or status.last_day is None:
        return ""
    key = "reports.answer.period" if in_period else "reports.answer.span"
    return words(key, span=words.span(status.first_day, status.last_day))


def missing(words: Words, found: pd.DataFrame) -> list[str]:
    """The reporters that fell silent, those with most messages first; at most MISSING_SHOWN, and how many more."""
    told = [
        words(
            "reports.missing",
            reporter=named(words, row["reporter"]),
            domain=plain(row["policy_domain"]),
            day=words.day(row["missing_since"]),
        )
        for _, row in found.head(MISSING_SHOWN).iterrows()
    ]
    rest = len(found) - len(told)
    return [*told, words("reports.missing.more", n=words.number(rest))] if rest else told


def meeting(words: Words, found: Meeting) -> str:
    """How much rests on reports that share their period with another."""
    share = words.percent(found.messages / found.all_messages if found.all_messages else 0.0)
    return words("reports.meeting", n=words.number(found.reports), share=share)


def fate_with_number(words: Words, fate: str, fates: dict[str, int]) -> str:
    """`accepted 1,190`; every other word than a fate stands for all of them."""
    if words.has(f"fate.{fate}"):
        return words("reports.fate.label", fate=words(f"fate.{fate}"), n=words.number(fates.get(fate, 0)))
    return words("reports.fate.all", n=words.number(sum(fates.values())))


def rows_shown(words: Words, before: int, shown: int, total: int) -> str:
    """`1 to 100 of 1,225`."""
    first, last = words.number(before + 1), words.number(before + shown)
    return words("reports.shown", first=first, last=last, total=words.number(total))


def report_title(words: Words, line: pd.Series) -> str:
    """Whose report it is, or that there is none."""
    reporter = plain(line["reporter"])
    if reporter:
        return words("report.title", reporter=reporter)
    if plain(line["payload_sha256"]):
        return words("report.title.none")
    return words("report.mail", sender=plain(line["mail_from"]) or NOTHING)


def _dkim(words: Words, row: pd.Series) -> str:
    if pd.isna(row["dkim_domain"]):
        return words("evidence.dkim.none")
    return words(
        "evidence.dkim",
        domain=plain(row["dkim_domain"]),
        selector=_or_nothing(row["dkim_selector"]),
        result=_or_nothing(row["dkim_result"]),
    )


def _spf(words: Words, row: pd.Series) -> str:
    if pd.isna(row["spf_domain"]):
        return words("evidence.spf.none")
    return words("evidence.spf", domain=plain(row["spf_domain"]), result=_or_nothing(row["spf_result"]))


def _or_nothing(value: object) -> str:
    return plain(value) or NOTHING


def _told(words: Words, value: int | float | str) -> str:  # noqa: PYI041 - a number of messages differs from a rate
    """A rate as percent, a number of messages with its noun, a text as it is."""
    if isinstance(value, float):
        return words.percent(value)
    return words.some("messages", value) if isinstance(value, int) else plain(value) or NOTHING
