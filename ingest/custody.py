"""What people do with what is kept: decide about payloads, read raw mails again, look after the database and its spool."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from ingest import backup as archives
from ingest import compact as compacting
from ingest import health, wiring
from ingest import prune as pruning
from ingest import reparse as again
from ingest.errors import StoreError
from ingest.model import Act, Prune
from ingest.patience import patiently
from ingest.ports import utc_now
from ingest.spool import DiskSpool
from ingest.store import acts
from ingest.store import prune as records
from ingest.store.write import DuckStore

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date
    from pathlib import Path

    from ingest.model import Fate
    from ingest.ports import Clock
    from ingest.settings import Settings
    from ingest.store.connect import Database
    from ingest.store.partly import Wanted
    from ingest.store.prune import Pruned

    Progress = Callable[[int, int | None], None]


def act(
    settings: Settings, what: str, payloads: Sequence[str], *, who: str, why: str, clock: Clock = utc_now
) -> list[tuple[Fate, Fate]]:
    """The decision is in force and kept for ever; returns the fate of each payload before and after.

    Args:
        settings: whose database.
        what: acts.ACCEPT or acts.REJECT.
        payloads: whole sha256.
        who: decided.
        why: in their words.
        clock: of the act.

    Raises:
        SettingsError: it cannot be done for one of them; nothing was done.
        StoreError: the database or the spool refused.
    """
    now, journal = clock(), DiskSpool(settings.spool).journal
    decided = [Act(now, who.strip(), what, payload, why.strip()) for payload in payloads]
    return acts.decide(wiring.database(settings), decided, earlier=journal.known_acts, write_down=journal.acts)


def payloads(settings: Settings, names: Sequence[str]) -> list[str]:
    """The sha256 of the payloads that these hashes, or beginnings of them, name; each once, in order.

    Raises:
        SettingsError: one names nothing, or more than one.
    """
    return acts.find(wiring.database(settings), names)


def held(
    settings: Settings, fates: Sequence[Fate], *, reason: str | None = None, reporter: str | None = None
) -> list[str]:
    """The payloads with a report of these fates, a part of the reason, and exactly that reporter."""
    return acts.matching(wiring.database(settings), fates, reason=reason, reporter=reporter)


def reparse(
    settings: Settings,
    wanted: Wanted | None = None,
    *,
    dry_run: bool = False,
    force: bool = False,
    progress: Progress | None = None,
) -> again.Reparsed:
    """Everything in the spool, or what is wanted of it, is read again, and the database holds what is read now.

    Raises:
        SettingsError: nothing fits `wanted`.
        StoreError: raw bytes are missing, or a disk refused; the database is as it was.
    """
    parts, step = _parts(settings), progress or (lambda _done, _total: None)
    database = wiring.database(settings)
    if wanted is not None:
        done = again.again(database, parts, wanted, dry_run=dry_run, progress=step)
    else:
        done = again.rebuild(database, parts, dry_run=dry_run, force=force, progress=step)
    if done.replaced:
        wiring.enrich(settings)
    return done


def examine(settings: Settings, *, deep: bool = False) -> list[health.Finding]:
    """What is wrong with database, spool and journal; nothing is changed. `deep` reads every byte.

    Raises:
        StoreError: something could not even be looked at.
    """
    return list(health.examine(wiring.database(settings), _parts(settings), deep=deep))


def repair(settings: Settings, wanted: health.Repair, *, progress: Progress | None = None) -> str:
    """It is done, and nothing was deleted; says what was done.

    Raises:
        StoreError: it could not be done.
    """
    done = health.repair(
        wiring.database(settings), _parts(settings), wanted, progress=progress or (lambda _done, _total: None)
    )
    wiring.enrich(settings)
    return done


def backup(settings: Settings, path: Path, *, progress: Progress | None = None) -> archives.Backup:
    """Database and spool are in the archive `path`, read back and found right.

    Raises:
        StoreError: there is no database, or a disk refused.
    """
    return archives.write(
        wiring.database(settings),
        DiskSpool(settings.spool),
        path,
        version=version("whosends"),
        progress=progress or (lambda _done, _total: None),
    )


def restore(settings: Settings, path: Path, *, force: bool = False) -> archives.Backup:
    """Database and spool are those of the archive; with `force`, older ones are set aside.

    Raises:
        SettingsError: something is there already, or this is no backup.
        StoreError: the archive is damaged, or the disk refused.
    """
    return archives.restore(path, wiring.database(settings), DiskSpool(settings.spool), force=force)


def compact(settings: Settings, *, progress: Progress | None = None) -> compacting.Compacted:
    """The database file is written anew, sorted and small, and holds what it held.

    Raises:
        StoreError: there is no database, or a disk refused; the file is as it was.
    """
    return compacting.compact(wiring.database(settings), progress=progress or (lambda _done, _total: None))


def prune(
    settings: Settings,
    before: date,
    *,
    who: str,
    force: bool = False,
    dry_run: bool = False,
    clock: Clock = utc_now,
) -> Pruned:
    """The records of the days before `before` (UTC) are gone, for ever; their sums and the raw mails stay. With `dry_run` nothing is done.

    Raises:
        SettingsError: the cutoff lies in the future, or is younger than pruning.KEPT_DAYS and `force` is not set.
        StoreError: there is no database, a poll is running, or a disk refused.
    """
    now, database = clock(), wiring.database(settings)
    pruning.check(before, now.date(), force=force)
    database.bring_up_to_date()
    if dry_run:
        return records.plan(database, before)
    spool = DiskSpool(settings.spool)
    patiently(pruning.wait_for_mails, database, spool)
    return pruning.prune(database, spool, Prune(now, who.strip(), before))


def raw_mail(settings: Settings, mail_sha256: str) -> bytes | None:
    """The bytes of one mail as it came; None when they are not there.

    Raises:
        StoreError: they are damaged.
    """
    return DiskSpool(settings.spool).load(mail_sha256)


def raw(settings: Settings, name: str) -> bytes:
    """The bytes of the payload or mail that this hash, or the beginning of one, names.

    Raises:
        SettingsError: it names nothing, or more than one.
        StoreError: the bytes are not in the spool, or damaged.
    """
    found, is_mail = acts.find_any(wiring.database(settings), name)
    content = raw_mail(settings, found) if is_mail else wiring.raw_payload(settings, found)
    if content is None:
        raise StoreError(f"{found}: its bytes are not in the spool", hint="run `whosends doctor`")
    return content


def _parts(settings: Settings) -> again.Parts:
    from ingest.normalize.lane import PARSER

    def store(database: Database) -> DuckStore:
        return DuckStore(database, parser=PARSER)

    return again.Parts(
        spool=DiskSpool(settings.spool),
        pipeline=lambda verdicts: wiring.pipeline(settings, verdicts=verdicts),
        store=store,
    )
