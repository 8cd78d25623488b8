"""What people do with the registry of senders: look at it, and change it with a reason."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ingest import registry, wiring
from ingest.errors import SettingsError
from ingest.ports import utc_now
from ingest.registry import EDIT, RETIRE, Change, Decision, Entry, SenderAct
from ingest.rules import parsed
from ingest.spool import DiskSpool
from ingest.store import senders

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from ingest.ports import Clock
    from ingest.settings import Settings
    from ingest.store.senders import Plan


def history(settings: Settings, entry_id: str) -> list[SenderAct]:
    """Every act about an entry, oldest first.

    Raises:
        SettingsError: there is no such entry.
        StoreError: the database is missing or refused.
    """
    found = senders.history(wiring.database(settings), entry_id)
    if not found:
        raise _unknown(entry_id)
    return found


def entries(settings: Settings) -> list[Entry]:
    """Every entry as it is now, by its id.

    Raises:
        StoreError: the database is missing or refused.
    """
    last = {act.entry.entry_id: act.entry for act in senders.history(wiring.database(settings))}
    return [last[entry_id] for entry_id in sorted(last)]


@dataclass(frozen=True, slots=True)
class Said:
    """What a person says about an entry; what they do not say stays as it is."""

    fields: Mapping[str, Any] = field(default_factory=dict)  # of `registry.Entry`, but no rules
    rules: Sequence[str] | None = None  # texts, in place of all rules
    more_rules: Sequence[str] = ()  # texts, beside the others

    def about(self, before: Entry) -> Entry:
        """The entry as it is with this.

        Raises:
            SettingsError: a rule cannot be read.
        """
        after = replace(before, **self.fields)
        rules = before.rules if self.rules is None else [parsed(text, after.domains) for text in self.rules]
        return replace(after, rules=(*rules, *(parsed(text, after.domains) for text in self.more_rules)))


def decide(
    settings: Settings,
    entry_id: str,
    decision: Decision | None,
    said: Said,
    *,
    fresh: bool = False,
    who: str,
    why: str,
) -> Change:
    """The entry is as it was said, and has this decision; a new one is made where a decision is given.

    Args:
        settings: whose registry.
        entry_id: of the entry.
        decision: None: as it is.
        said: everything else.
        fresh: the id was made up, so that an entry which has it already is another one.
        who: decided.
        why: in their words.

    Raises:
        SettingsError: nothing would change, or the entry cannot be so.
        StoreError: the database or the spool refused.
    """

    def plan(known: Mapping[str, Entry]) -> list[Change]:
        before = known.get(entry_id)
        if before is None and decision is None:
            raise _unknown(entry_id)
        if before is not None and fresh:
            raise SettingsError(
                f"there is a sender {entry_id!r} already", hint="name it by its ID, or choose another ID"
            )
        after = said.about(before or Entry(entry_id, entry_id, decision or Decision.IGNORE, (), ()))
        if decision is not None:
            after = replace(after, decision=decision)
        return [_changed(before, after, decision.value if decision else EDIT)]

    return change(settings, plan, who=who, why=why)[0]


def retire(settings: Settings, entry_id: str, last_day: date, *, who: str, why: str) -> Change:
    """The entry holds until that day, the day included; for the days before it stays as it is.

    Raises:
        SettingsError: there is no such entry, or it ends before.
        StoreError: the database or the spool refused.
    """

    def plan(known: Mapping[str, Entry]) -> list[Change]:
        if entry_id not in known:
            raise _unknown(entry_id)
        before = known[entry_id]
        if before.valid_to is not None and before.valid_to <= last_day:
            raise SettingsError(f"sender {entry_id!r} ends on {before.valid_to} already")
        return [_changed(before, replace(before, valid_to=last_day), RETIRE)]

    return change(settings, plan, who=who, why=why)[0]


def take_over(
    settings: Settings,
    wanted: Sequence[Entry],
    *,
    prune: bool = False,
    dry_run: bool = False,
    looked_at: Sequence[Change] | None = None,
    who: str,
    why: str,
    clock: Clock = utc_now,
) -> list[Change]:
    """The registry holds these entries so; returns what changes. Others stay, or end today with `prune`.

    Raises:
        SettingsError: an entry that would end today has not begun yet, or all would end, or something else would change than
            somebody `looked_at`; nothing was done.
        StoreError: the database or the spool refused.
    """
    if prune and not wanted:
        raise SettingsError("no sender is named: every entry would end", hint="is it the right file? `retire` ends one")

    def plan(known: Mapping[str, Entry]) -> list[Change]:
        made = differences(known, wanted, ends=clock().date() if prune else None)
        if looked_at is not None and made != list(looked_at):
            raise SettingsError("the registry is another one by now", hint="look at the changes again")
        return made

    if dry_run:
        return plan({entry.entry_id: entry for entry in (entries(settings) if settings.db.exists() else [])})
    return change(settings, plan, who=who, why=why, clock=clock)


def differences(known: Mapping[str, Entry], wanted: Sequence[Entry], *, ends: date | None = None) -> list[Change]:
    """What must change until the registry holds the wanted entries so; entries that are not wanted end on the day `ends`.

    Raises:
        SettingsError: one of those begins later.
    """
    made = [Change(_what(known.get(one.entry_id), one), known.get(one.entry_id), one) for one in wanted]
    if ends is not None:
        left = [known[entry_id] for entry_id in sorted(known.keys() - {one.entry_id for one in wanted})]
        made += [
            Change(RETIRE, one, registry.checked(replace(one, valid_to=ends)))
            for one in left
            if one.valid_to is None or one.valid_to > ends
        ]
    return [one for one in made if one.fields]


def _what(before: Entry | None, after: Entry) -> str:
    return after.decision.value if before is None or before.decision is not after.decision else EDIT


def change(settings: Settings, plan: Plan, *, who: str, why: str, clock: Clock = utc_now) -> list[Change]:
    """What was planned is in force and kept for ever; returns it.

    Raises:
        SettingsError: by the plan, or who and why are missing; nothing was done.
        StoreError: the database or the spool refused.
    """
    journal, now = DiskSpool(settings.spool).journal, clock()
    return senders.decide(
        wiring.database(settings),
        plan,
        lambda one: SenderAct(now, who.strip(), one.what, why.strip(), one.after),
        earlier=journal.known_sender_acts,
        write_down=journal.sender_acts,
    )


def _changed(before: Entry | None, after: Entry, what: str) -> Change:
    made = Change(what, before, registry.checked(after))
    if not made.fields:
        raise SettingsError(
            f"sender {after.entry_id!r} is so already", hint=f"`whosends senders show {after.entry_id}`"
        )
    return made


def _unknown(entry_id: str) -> SettingsError:
    return SettingsError(f"there is no sender {entry_id!r} in the registry", hint="`whosends senders list` names them")
