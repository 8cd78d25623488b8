"""The only file that names concrete classes: settings in, working parts out."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING

from ingest import unpack
from ingest.errors import MailboxError, SettingsError, StoreMissing
from ingest.model import Origin, RawMail
from ingest.patience import patient, patiently
from ingest.poll import Pipeline, Summary, poll_once
from ingest.ports import utc_now
from ingest.remembered import Remembered
from ingest.sanity import SanityGates
from ingest.spool import DiskSpool
from ingest.store import acts, gate, opinions, parked, senders, sources
from ingest.store.connect import Database
from ingest.store.write import DuckStore
from ingest.worker import Workers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date
    from pathlib import Path

    from ingest.mailbox.imap import ImapMailbox
    from ingest.ports import Mailbox, ReadBatch, Step
    from ingest.remembered import Verdicts
    from ingest.settings import MailboxSettings, Settings

    Progress = Callable[[int, int | None], None]

_log = logging.getLogger(__name__)

ENRICH_BATCH = 50_000


def database(settings: Settings) -> Database:
    """The database file of these settings; nothing is opened yet."""
    return Database(settings.db)


def pipeline(settings: Settings, *, verdicts: Verdicts | None = None, read: ReadBatch | None = None) -> Pipeline:
    """Spool, reader, gates and store of these settings. With `verdicts`, trust is what it was found to be then.

    Without `read`, mails are read by processes that end when the pipeline is forgotten.
    """
    from ingest.normalize.lane import PARSER

    return Pipeline(
        store=DuckStore(database(settings), parser=PARSER),
        spool=DiskSpool(settings.spool),
        filing=partial(gate.filing, settings.db),
        read=read or Workers(settings.limits, settings.worker, settings.parsing),
        steps=(
            SanityGates(settings.gates, settings.domains),
            _trust(settings) if verdicts is None else Remembered(verdicts, settings.trust, _trust(settings)),
        ),
    )


def _trust(settings: Settings) -> Step:
    """Judges who a report is from. Files that a person loads are not held back, and nobody is asked about them."""
    from ingest.trust.judge import TrustJudge

    fetched = cache(lambda: TrustJudge(settings.trust, quarantine=True))
    offline = TrustJudge(replace(settings.trust, verify_dkim=False), quarantine=False)
    return lambda raw, mail: (offline if raw.vouched and not settings.trust.on_load else fetched())(raw, mail)


def imap(
    mailbox: MailboxSettings,
    settings: Settings,
    *,
    since: date | None = None,
    limit: int | None = None,
    stop: threading.Event | None = None,
) -> ImapMailbox:
    """One configured mailbox, not connected yet."""
    from ingest.mailbox.imap import ImapMailbox

    ends = stop or threading.Event()
    return ImapMailbox(
        mailbox,
        since=since,
        limit=limit,
        max_bytes=settings.limits.mail_bytes,
        pause=ends.wait,
        stopping=ends.is_set,
    )


def load_paths(settings: Settings, paths: Sequence[Path], *, progress: Progress | None = None) -> Summary:
    """Everything under `paths` is in the database.

    Raises:
        SettingsError: a path does not exist.
        StoreError: the database refused.
    """
    from ingest.mailbox.files import FileMailbox

    return run(settings, FileMailbox(paths), progress=progress)


def poll(
    settings: Settings,
    *,
    names: Sequence[str] = (),
    since: date | None = None,
    limit: int | None = None,
    progress: Progress | None = None,
    stop: threading.Event | None = None,
) -> Summary:
    """Every new mail of the configured mailboxes (or of those in `names`) is in the database.

    Where only some of them fail, the others are polled, and `failures` of the result says what happened.

    Raises:
        SettingsError: no mailbox is configured, or not that one, or its password is missing.
        MailboxError: every mailbox failed, and nothing came; this is what the first one said.
        StoreError: the database refused.
    """
    total, chosen = Summary(), chosen_mailboxes(settings, names)
    for mailbox in chosen:
        source = imap(mailbox, settings, since=since, limit=limit, stop=stop)
        try:
            total.merge(run(settings, source, progress=progress))
        except MailboxError as failure:
            total.failures.append(failure)
    if len(total.failures) == len(chosen) and not total.mails:
        raise total.failures[0]
    return total


def chosen_mailboxes(settings: Settings, names: Sequence[str] = ()) -> list[MailboxSettings]:
    """The mailboxes of these names, or all that are configured.

    Raises:
        SettingsError: there is none, or not that one.
    """
    chosen = [settings.mailbox(name) for name in names] if names else list(settings.mailboxes)
    if not chosen:
        raise SettingsError("no mailbox is configured", hint="`whosends init` writes a configuration to fill in")
    return chosen


def watch(settings: Settings, *, names: Sequence[str] = (), on_poll: Callable[[Summary], None]) -> None:
    """Polls for ever, at once when mail comes where the server has IDLE; returns after SIGTERM or SIGINT."""
    from ingest import watch as loop
    from ingest.mailbox.idle import listening

    mailboxes = chosen_mailboxes(settings, names)
    signals = loop.Signals()

    def once() -> None:
        summary = poll(settings, names=names, stop=signals.stop)
        on_poll(summary)
        for failure in summary.failures:
            _log.error("%s (%s)", failure.message, failure.hint)
        enrich_reverse(settings)

    with (
        loop.stopped_by_signals(signals),
        listening(mailboxes if settings.watch.idle else (), signals.wake, signals.stop),
    ):
        loop.watch(once, signals, loop.Pace(interval_s=settings.watch.interval_s))


def run(settings: Settings, mailbox: Mailbox, *, progress: Progress | None = None) -> Summary:
    """Everything new in `mailbox` is in the database, and its sources are looked up."""
    summary = Summary()
    try:
        with Workers(settings.limits, settings.worker, settings.parsing) as read:
            found = mailbox.count()
            if found:
                read.start()
            patiently(database(settings).bring_up_to_date, create=bool(found))
            journal = DiskSpool(settings.spool).journal
            patiently(acts.catch_up, database(settings), journal.known_acts())
            patiently(senders.ACTS.catch_up, database(settings), journal.known_sender_acts())
            patiently(opinions.ACTS.catch_up, database(settings), journal.known_opinion_acts())
            with gate.filing(settings.db):
                mailbox.refile(patient(DuckStore(database(settings), parser="").known_fates))
            for done, outcome in enumerate(poll_once(mailbox, pipeline(settings, read=read)), 1):
                summary.add(outcome)
                if progress is not None:
                    progress(done, mailbox.count())
    finally:
        mailbox.close()
    patiently(enrich, settings)
    return summary


def unpark(settings: Settings, origins: Sequence[str] | None = None) -> int:
    """Mails that failed again and again, these or all, are tried by the next poll; returns how many were parked.

    Raises:
        StoreError: the database refused; they stay parked.
    """
    return parked.unpark(database(settings), origins)


def enrich(settings: Settings) -> int:
    """Every source address in the database is looked up in local files; returns how many were new."""
    from ingest.enrich import LocalEnricher

    enricher, store = LocalEnricher(), database(settings)
    try:
        new = sources.unknown(store)
    except StoreMissing:
        return 0
    for start in range(0, len(new), ENRICH_BATCH):
        sources.keep(store, enricher.look_up(new[start : start + ENRICH_BATCH]), utc_now())
    return len(new)


def enrich_reverse(settings: Settings, *, limit: int = 500) -> int:
    """Up to `limit` reverse names are asked for, if switched on; returns how many addresses were asked about."""
    from datetime import timedelta

    from ingest.enrich import LocalEnricher
    from ingest.reverse_dns import ReverseDns

    if not settings.enrich.reverse_dns:
        return 0
    store, now = database(settings), utc_now()
    due = sources.without_reverse_name(store, asked_before=now - timedelta(days=settings.enrich.keep_days), limit=limit)
    names: Iterable[tuple[str, str | None]] = ReverseDns(settings.enrich).names(due)
    found = LocalEnricher().look_up(due, dict(names))
    if found:
        sources.keep(store, found, now, reverse_asked=True)
    return len(found)


def raw_payload(settings: Settings, payload_sha256: str) -> bytes | None:
    """The bytes of one payload, unpacked again from the raw mail in the spool; None when it is not there."""
    mails = database(settings).frame(
        "SELECT DISTINCT mail_sha256 FROM v_payload WHERE payload_sha256 = $sha ORDER BY ALL", {"sha": payload_sha256}
    )
    for mail_sha256 in mails["mail_sha256"]:
        body = DiskSpool(settings.spool).load(str(mail_sha256))
        if body is None:
            continue
        for payload in unpack.payloads(RawMail(Origin(), body, vouched=True), settings.limits):
            if payload.sha256 == payload_sha256:
                return payload.content
    return None
