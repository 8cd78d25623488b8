"""A connection that breaks: nothing is lost, nothing is read twice, and no other folder is ever touched."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from ingest.errors import MailboxError
from ingest.mailbox.imap import ImapMailbox
from ingest.model import Fate, Outcome
from tests.fakes.cutting_proxy import cutting_proxy
from tests.fakes.imap_account import mail
from tests.fakes.pymap_server import pymap_server
from tests.ingest.mailbox.conftest import new_account

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.model import RawMail
    from tests.fakes.cutting_proxy import CuttingProxy, When
    from tests.fakes.dovecot_server import Dovecot
    from tests.fakes.imap_account import Account

PRIVATE = [f"private {number}" for number in range(3)]
REPORTS = [f"report {number}" for number in range(3)]


def nothing(*_where: object) -> set[int]:
    return set()


def subjects(found: list[RawMail]) -> list[str]:
    return [one.body.split(b"Subject: ")[1].split(b"\r\n")[0].decode() for one in found]


def two_folders(account: Account) -> None:
    """The same UIDs in INBOX, which is private, and in Reports."""
    account.deliver([mail(name) for name in PRIVATE])
    account.deliver([mail(name) for name in REPORTS], "Reports")
    assert sorted(account.flags()) == sorted(account.flags("Reports"))


def mailbox_through(proxy: CuttingProxy, account: Account, mode: str = "move") -> ImapMailbox:
    settings = account.at(proxy.port).settings(folder="Reports", mode=mode, accepted_folder="Done", timeout_s=2.0)
    return ImapMailbox(settings, pause=lambda _: None)


def accept(mailbox: ImapMailbox, mails: list[RawMail]) -> None:
    mailbox.file([Outcome(one.origin, Fate.ACCEPTED, "") for one in mails])
    mailbox.close()


@pytest.mark.parametrize("when", ["before", "after", "silent"])
def test_a_cut_in_a_move_leaves_the_inbox_alone(account: Account, proxy: CuttingProxy, when: When) -> None:
    two_folders(account)
    before = account.flags()
    proxy.cut("MOVE", when)
    mailbox = mailbox_through(proxy, account)
    found = list(mailbox.unseen(nothing))
    accept(mailbox, found)
    assert subjects(found) == REPORTS
    assert (account.subjects("Done"), account.subjects("Reports")) == (REPORTS, [])
    assert (account.subjects(), account.flags()) == (PRIVATE, before)
    assert not proxy.sent("(SELECT|EXAMINE).*INBOX")


@pytest.mark.parametrize("when", ["before", "after", "silent"])
@pytest.mark.parametrize("command", ["SEARCH", r"RFC822\.SIZE", r"BODY\.PEEK", "EXAMINE"])
def test_a_cut_while_reading_loses_and_doubles_nothing(
    account: Account, proxy: CuttingProxy, command: str, when: When
) -> None:
    two_folders(account)
    proxy.cut(command, when)
    mailbox = mailbox_through(proxy, account, mode="keep")
    assert subjects(list(mailbox.unseen(nothing))) == REPORTS
    mailbox.close()
    assert proxy.connections == 2
    assert not proxy.sent("(SELECT|EXAMINE).*INBOX")


def test_a_cut_in_the_middle_of_a_body_gives_no_half_mail(account: Account, proxy: CuttingProxy) -> None:
    bodies = [mail(f"m{number}", "x" * 300_000) for number in range(8)]
    account.deliver(bodies, "Reports")
    proxy.cut_after_bytes(1_000_000)
    mailbox = mailbox_through(proxy, account, mode="keep")
    assert [found.body for found in mailbox.unseen(nothing)] == bodies
    mailbox.close()
    assert proxy.connections == 2


@pytest.mark.parametrize("command", ["STORE", "EXPUNGE", "UID SEARCH UID"])
def test_a_cut_while_filing_without_move_copies_once_on_pymap(tmp_path: Path, command: str) -> None:
    with pymap_server(tmp_path, without=["MOVE"]) as account:
        cut_while_filing_without_move(account, command)


@pytest.mark.dovecot
@pytest.mark.parametrize("command", ["STORE", "EXPUNGE", "UID SEARCH UID"])
def test_a_cut_while_filing_without_move_copies_once_on_dovecot(
    dovecot_without_move: Dovecot, tmp_path: Path, command: str
) -> None:
    cut_while_filing_without_move(new_account(dovecot_without_move, tmp_path), command)


def cut_while_filing_without_move(account: Account, command: str) -> None:
    two_folders(account)
    before = account.flags()
    with cutting_proxy(account.port) as proxy:
        proxy.cut(command, "after")
        mailbox = mailbox_through(proxy, account)
        accept(mailbox, list(mailbox.unseen(nothing)))
    assert (account.subjects("Done"), account.subjects("Reports")) == (REPORTS, [])
    assert (account.subjects(), account.flags()) == (PRIVATE, before)


@pytest.mark.dovecot
@pytest.mark.parametrize("when", ["before", "after", "silent"])
def test_a_cut_while_flagging_flags_only_the_reports(dovecot_account: Account, when: When) -> None:
    two_folders(dovecot_account)
    before = dovecot_account.flags()
    with cutting_proxy(dovecot_account.port) as proxy:
        proxy.cut("STORE", when)
        mailbox = mailbox_through(proxy, dovecot_account, mode="flag")
        accept(mailbox, list(mailbox.unseen(nothing)))
    assert list(dovecot_account.flags("Reports").values()) == [{"$WhosendsDone"}] * 3
    assert dovecot_account.flags() == before


def test_a_folder_made_anew_during_a_cut_is_not_touched(
    account: Account, proxy: CuttingProxy, caplog: pytest.LogCaptureFixture
) -> None:
    two_folders(account)

    def make_anew() -> None:
        account.recreate("Reports")
        account.deliver([mail("another mail with an old UID")], "Reports")

    proxy.cut("MOVE", "before", then=make_anew)
    mailbox = mailbox_through(proxy, account)
    with caplog.at_level(logging.WARNING):
        accept(mailbox, list(mailbox.unseen(nothing)))
    assert account.subjects("Reports") == ["another mail with an old UID"]
    assert (account.subjects("Done"), account.subjects()) == ([], PRIVATE)
    assert "3 mails not filed: UIDVALIDITY" in caplog.text


def test_a_new_uidvalidity_in_the_middle_of_reading_starts_again(account: Account, proxy: CuttingProxy) -> None:
    two_folders(account)

    def make_anew() -> None:
        account.recreate("Reports")
        account.deliver([mail("new 0"), mail("new 1")], "Reports")

    proxy.cut(r"BODY\.PEEK", "before", then=make_anew)
    asked: list[int] = []

    def known(_mailbox: str, _folder: str, uidvalidity: int) -> set[int]:
        asked.append(uidvalidity)
        return set()

    mailbox = mailbox_through(proxy, account)
    found = list(mailbox.unseen(known))
    accept(mailbox, found)
    assert subjects(found) == ["new 0", "new 1"]
    assert [one.origin.uidvalidity for one in found] == [asked[1]] * 2
    assert asked[0] != asked[1]
    assert account.subjects("Done") == ["new 0", "new 1"]


def test_a_new_uidvalidity_between_polls_makes_everything_unseen(account: Account) -> None:
    account.deliver([mail("a"), mail("b")], "Reports")
    settings = account.settings(folder="Reports")
    ledger: dict[int, set[int]] = {}

    def poll() -> list[str]:
        mailbox = ImapMailbox(settings)
        found = list(mailbox.unseen(lambda _mailbox, _folder, uidvalidity: ledger.get(uidvalidity, set())))
        mailbox.close()
        for one in found:
            ledger.setdefault(one.origin.uidvalidity or 0, set()).add(one.origin.uid or 0)
        return subjects(found)

    assert (poll(), poll()) == (["a", "b"], [])
    account.recreate("Reports")
    account.deliver([mail("b"), mail("c")], "Reports")
    assert (poll(), poll()) == (["b", "c"], [])
    assert len(ledger) == 2


def test_a_folder_that_vanishes_ends_the_poll_and_no_other_is_opened(account: Account, proxy: CuttingProxy) -> None:
    two_folders(account)

    def remove() -> None:
        with account.client() as client:
            client.delete_folder("Reports")

    proxy.cut(r"BODY\.PEEK", "before", then=remove)
    mailbox = mailbox_through(proxy, account)
    with pytest.raises(MailboxError, match="no folder Reports"):
        list(mailbox.unseen(nothing))
    mailbox.close()
    assert not proxy.sent("(SELECT|EXAMINE).*INBOX")


def test_a_server_that_stays_away_ends_the_poll_after_bounded_retries(tmp_path: Path) -> None:
    pauses: list[float] = []
    with pymap_server(tmp_path) as account:
        account.deliver([mail(f"m{number}") for number in range(120)])
        mailbox = ImapMailbox(account.settings(), pause=pauses.append)
        mails = mailbox.unseen(nothing)
        assert subjects([next(mails)]) == ["m0"]
    with pytest.raises(MailboxError, match=f"port {account.port}.*connection refused"):
        list(mails)
    mailbox.close()
    assert pauses == [1.0, 4.0, 15.0]
