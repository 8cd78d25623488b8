"""What people do with verdicts: say that one is another, mute a line, take it back, and look at what is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest import wiring
from ingest.opinions import Opinion, OpinionAct
from ingest.ports import utc_now
from ingest.spool import DiskSpool
from ingest.store import opinions

if TYPE_CHECKING:
    from ingest.opinions import Subject, What
    from ingest.ports import Clock
    from ingest.settings import Settings


def give(settings: Settings, what: What, opinion: Opinion, *, who: str, why: str, clock: Clock = utc_now) -> OpinionAct:
    """It is said and kept for ever, in place of what was said of the same subject; returns the act as it is kept.

    Args:
        settings: whose database.
        what: usually OVERRIDE or MUTE; `withdraw` takes back.
        opinion: about which mail, and what; whether there is such a verdict is not looked at.
        who: says it.
        why: in their words.
        clock: when.

    Raises:
        SettingsError: it cannot be said so, or is said already; nothing was done.
        StoreError: the database or the spool refused.
    """
    journal = DiskSpool(settings.spool).journal
    return opinions.decide(
        wiring.database(settings),
        OpinionAct(clock(), who, what, why, opinion),
        earlier=journal.known_opinion_acts,
        write_down=journal.opinion_acts,
    )


def withdraw(
    settings: Settings, kind: What, subject: Subject, *, who: str, why: str, clock: Clock = utc_now
) -> OpinionAct:
    """No override, or no mute, of this subject is in force any more; returns the act.

    Raises:
        SettingsError: none was in force; nothing was done.
        StoreError: the database or the spool refused.
    """
    return give(settings, kind.withdrawal, Opinion(subject), who=who, why=why, clock=clock)


def in_force(settings: Settings) -> list[OpinionAct]:
    """The overrides and mutes that are in force, oldest first; also those whose last day is over: they hold for mail of before.

    Raises:
        StoreError: the database is missing or refused.
    """
    return opinions.ACTS.history(wiring.database(settings), opinions.IN_FORCE)


def history(settings: Settings) -> list[OpinionAct]:
    """Every act, oldest first.

    Raises:
        StoreError: the database is missing or refused.
    """
    return opinions.ACTS.history(wiring.database(settings))
