"""The registry of senders in words: its entries, what was decided, and who could be approved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from dashboards.wording.plain import plain
from dashboards.wording.words import NOTHING
from ingest.registry import Decision
from ingest.rules import EVERY_DOMAIN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from analytics.registry.acts import Done, Standing
    from analytics.registry.proposals import Proposal
    from dashboards.wording.words import Words
    from ingest.registry import Change, Entry

_LISTS = ("domains", "rules")
NAMED = 3  # domains or names in a sentence


def answer(words: Words, standing: Standing, domain: str | None) -> str:
    """How many entries there are, by decision."""
    if not standing.entries:
        return words("registry.answer.none.domain", domain=plain(domain)) if domain else words("registry.answer.none")
    counted = {"approve": standing.approved, "deny": standing.denied, "ignore": standing.ignored}
    parts = [words(f"registry.standing.{key}", n=words.number(n)) for key, n in counted.items() if n]
    told = {
        "entries": words.some("entries", standing.entries),
        "parts": words("registry.standing.join").join(parts),
    }
    return words("registry.answer.domain", domain=plain(domain), **told) if domain else words("registry.answer", **told)


def over(words: Words, standing: Standing) -> str:
    """How many entries no longer hold; empty when all do."""
    if not standing.over:
        return ""
    return words("registry.over.one" if standing.over == 1 else "registry.over", n=words.number(standing.over))


def to_decide(words: Words, found: Sequence[Proposal]) -> str:
    """Whom to decide about next."""
    if not found:
        return words("registry.calm")
    told = {"senders": words.some("senders", len(found)), "names": _named(words, [one.name for one in found])}
    return words("registry.next.one" if len(found) == 1 else "registry.next", **told)


def proposal(words: Words, one: Proposal) -> str:
    """Who could be approved, and on whose word."""
    return words(
        "registry.form.proposal",
        name=plain(one.name),
        messages=words.some("messages", one.messages),
        addresses=words.some("addresses", one.sources),
        reporters=words.some("reporters", one.reporters),
    )


def entry(words: Words, one: Entry, today: date) -> list[str]:
    """What an entry says, and until when."""
    told = [words(f"registry.entry.{one.decision}", name=plain(one.name), domains=domains(words, one.domains))]
    more = [words("registry.entry.critical")] if one.critical else []
    if one.valid_from and one.valid_from > today:
        more.append(words("registry.entry.later", day=words.day(one.valid_from)))
    if one.valid_to:
        past = one.valid_to < today
        more.append(words("registry.entry.over" if past else "registry.entry.until", day=words.day(one.valid_to)))
    return [*told, *more]


def domains(words: Words, names: Sequence[str]) -> str:
    """The domains of an entry, in a sentence."""
    if tuple(names) == (EVERY_DOMAIN,):
        return words("registry.every_domain")
    return _named(words, names)


def listed(words: Words, found: Sequence[Done]) -> pd.DataFrame:
    """The last act about each entry → a row for each entry."""
    entries = [done.act.entry for done in found]
    return pd.DataFrame(
        {
            "name": [plain(one.name) for one in entries],
            "decision": [words(f"registry.what.{one.decision}") for one in entries],
            "domains": [_joined(one.domains) for one in entries],
            "rules": [_joined(rule.short(one.domains) for rule in one.rules) for one in entries],
            "owner": [plain(one.owner) for one in entries],
            "ticket": [plain(one.ticket) for one in entries],
            "critical": [words("registry.value.yes") if one.critical else "" for one in entries],
            "valid_from": pd.Series([one.valid_from for one in entries], dtype="datetime64[us]"),
            "valid_to": pd.Series([one.valid_to for one in entries], dtype="datetime64[us]"),
            "changed_at": pd.Series([done.act.at_utc for done in found], dtype="datetime64[us]"),
            "changed_by": [plain(done.act.who) for done in found],
        }
    )


def proposed(found: Sequence[Proposal]) -> pd.DataFrame:
    """A row for each who could be approved."""
    return pd.DataFrame(
        {
            "name": [plain(one.name) for one in found],
            "messages": [one.messages for one in found],
            "domains": [_joined(one.domains) for one in found],
            "rules": [_joined(one.rules) for one in found],
            "sources": [one.sources for one in found],
            "reporters": [one.reporters for one in found],
        }
    )


def facts(words: Words, one: Entry) -> Iterator[tuple[str, str]]:
    """An entry as pairs of column key and text, without what is empty."""
    days = ""
    if one.valid_from or one.valid_to:
        ends = {"first": one.valid_from, "last": one.valid_to}
        days = words("registry.value.days", **{key: words.day(day) if day else "" for key, day in ends.items()}).strip()
    pairs = (
        ("entry_id", one.entry_id),
        ("decision", words(f"registry.what.{one.decision}")),
        ("domains", _joined(one.domains)),
        ("critical", words("registry.value.yes") if one.critical else words("registry.value.no")),
        ("valid", days or words("registry.value.always")),
        ("owner", plain(one.owner)),
        ("ticket", plain(one.ticket)),
        ("note", plain(one.note)),
    )
    return ((key, text) for key, text in pairs if text)


def rules(words: Words, one: Entry) -> pd.DataFrame:
    """The rules of an entry → rule, looks_at, proof."""
    return pd.DataFrame(
        {
            "rule": [plain(rule.short(one.domains)) for rule in one.rules],
            "looks_at": [words(f"registry.rule.{rule.kind}") for rule in one.rules],
            "proof": [words(f"registry.proof.{rule.proof}") for rule in one.rules],
        }
    )


def history(words: Words, found: Sequence[Done]) -> pd.DataFrame:
    """What was decided → at, who, what, changed, why."""
    return pd.DataFrame(
        {
            "at": pd.Series([done.act.at_utc for done in found], dtype="datetime64[us]"),
            "who": [plain(done.act.who) for done in found],
            "what": [words(f"registry.what.{done.act.what}") for done in found],
            "changed": [_changed(words, done) for done in found],
            "why": [plain(done.act.why) for done in found],
        }
    )


def changes(words: Words, found: Sequence[Change]) -> pd.DataFrame:
    """What an import would change → entry_id, what, changed."""
    return pd.DataFrame(
        {
            "entry_id": [one.after.entry_id for one in found],
            "what": [words(f"registry.what.{one.what}") for one in found],
            "changed": [difference(words, one.before, one.after, one.fields) for one in found],
        }
    )


def done(words: Words, change: Change) -> str:
    """What became of a decision."""
    name, after = plain(change.after.name), change.after
    decision = words(f"registry.what.{after.decision}")
    if change.before is None:
        return words("registry.done.new", name=name, decision=decision)
    if change.before.decision is not after.decision:
        return words("registry.done.decision", name=name, decision=decision)
    return words("registry.done.edit", changes=difference(words, change.before, after, change.fields))


def difference(words: Words, before: Entry | None, after: Entry, names: Sequence[str]) -> str:
    """The fields that differ, before and after; of a new entry its domains and rules."""
    if before is None:
        names = _LISTS
    told = [_field(words, before, after, name) for name in names]
    return words("registry.changed.join").join([*([] if before else [words("registry.changed.new")]), *told])


def _changed(words: Words, one: Done) -> str:
    return difference(words, one.before, one.act.entry, one.changed)


def _field(words: Words, before: Entry | None, after: Entry, name: str) -> str:
    field = words(f"column.{name}")
    if name not in _LISTS:
        ends = {"before": _value(words, before, name), "after": _value(words, after, name)}
        return words("registry.changed.value", field=field, **ends)
    if before is None:
        pieces = after.domains if name == "domains" else [rule.short(after.domains) for rule in after.rules]
        return words("registry.changed.list", field=field, pieces=_joined(pieces))
    old, new = ([str(value) for value in getattr(one, name)] for one in (before, after))
    pairs = (("added", [one for one in new if one not in old]), ("removed", [one for one in old if one not in new]))
    told = [words(f"registry.changed.{key}", values=_joined(values)) for key, values in pairs if values]
    return words(
        "registry.changed.list", field=field, pieces=words("registry.standing.join").join(told) or _joined(new)
    )


def _value(words: Words, one: Entry | None, name: str) -> str:
    value = getattr(one, name, None)
    if isinstance(value, Decision):
        return words(f"registry.what.{value}")
    if isinstance(value, bool):
        return words("registry.value.yes" if value else "registry.value.no")
    if value is None:
        return words("registry.value.open")
    return plain(value) or words("registry.value.nothing")


def _named(words: Words, names: Sequence[str]) -> str:
    shown = words("registry.standing.join").join(plain(name) for name in names[:NAMED])
    return words("registry.names.more", names=shown) if len(names) > NAMED else shown


def _joined(values: Iterable[str]) -> str:
    return plain(", ".join(values)) or NOTHING
