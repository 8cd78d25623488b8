from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from ingest.errors import MailboxError, SettingsError
from ingest.mailbox.imap import ImapMailbox
from ingest.model import Fate, Outcome
from tests.fakes.imap_account import mail
from tests.fakes.pymap_server import pymap_server
from tests.ingest.mailbox.conftest import new_account

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ingest.model import RawMail
    from ingest.settings import MailboxSettings
    from tests.fakes.cutting_proxy import CuttingProxy
    from tests.fakes.dovecot_server import Dovecot
    from tests.fakes.imap_account import Account

ALL_FATES = list(Fate)


def accepted_and_other(account: Account, prefix: str = "") -> tuple[list[str], list[str]]:
    """Subjects in the two folders, whichever way the server separates names."""
    with account.client() as client:
        separator = "/" if account.user.endswith("example") else "."
        assert client.list_folders("", f"{prefix}whosends{separator}accepted")
    return (
        account.subjects(f"{prefix}whosends{separator}accepted"),
        account.subjects(f"{prefix}whosends{separator}other"),
    )


def outcomes(mails: Sequence[RawMail], fates: Sequence[Fate]) -> list[Outcome]:
    return [Outcome(found.origin, fate, "") for found, fate in zip(mails, fates, strict=True)]


def file_all(settings: MailboxSettings, fates: Sequence[Fate]) -> None:
    mailbox = ImapMailbox(settings, pause=lambda _: None)
    mailbox.file(outcomes(list(mailbox.unseen(lambda *_: set())), fates))
    mailbox.close()


def test_keep_leaves_everything(account: Account) -> None:
    account.deliver([mail("a"), mail("b")])
    before = account.flags()
    file_all(account.settings(mode="keep"), [Fate.ACCEPTED, Fate.REJECTED])
    assert account.subjects() == ["a", "b"]
    assert account.flags() == before


def test_move_sorts_by_fate(account: Account) -> None:
    account.deliver([mail(fate) for fate in ALL_FATES])
    file_all(account.settings(mode="move"), ALL_FATES)
    assert account.subjects() == []
    assert accepted_and_other(account) == (
        ["accepted", "duplicate", "superseded", "suspect"],
        ["partial", "quarantined", "rejected"],
    )


def test_move_subscribes_the_folders_it_makes(account: Account) -> None:
    account.deliver([mail("a"), mail("b")])
    file_all(account.settings(mode="move", accepted_folder="Done", other_folder="Odd"), [Fate.ACCEPTED, Fate.REJECTED])
    with account.client() as client:
        assert {name for _, _, name in client.list_sub_folders()} >= {"Done", "Odd"}
    assert account.subjects("Done") == ["a"]


def test_move_uses_folders_that_exist(account: Account) -> None:
    account.deliver([mail("old")], "Done")
    account.deliver([mail("a")])
    file_all(account.settings(mode="move", accepted_folder="Done"), [Fate.ACCEPTED])
    assert account.subjects("Done") == ["old", "a"]


def test_move_touches_only_the_mails_it_was_given(account: Account) -> None:
    account.deliver([mail("a"), mail("mine"), mail("b")])
    mailbox = ImapMailbox(account.settings(mode="move", accepted_folder="Done"))
    found = list(mailbox.unseen(lambda *_: set()))
    mailbox.file(outcomes(found[1:2], [Fate.ACCEPTED]))
    mailbox.close()
    assert account.subjects() == ["a", "b"]
    assert account.subjects("Done") == ["mine"]


def test_mails_may_be_filed_while_others_are_still_read(account: Account) -> None:
    account.deliver([mail(f"m{number}") for number in range(60)])
    mailbox = ImapMailbox(account.settings(mode="move", accepted_folder="Done"))
    for found in mailbox.unseen(lambda *_: set()):
        mailbox.file(outcomes([found], [Fate.ACCEPTED]))
    mailbox.close()
    assert account.subjects() == []
    assert account.subjects("Done") == [f"m{number}" for number in range(60)]


def test_a_mail_gone_before_it_is_filed_stops_nothing(account: Account) -> None:
    account.deliver([mail("a"), mail("gone"), mail("b")])
    mailbox = ImapMailbox(account.settings(mode="move", accepted_folder="Done"))
    found = list(mailbox.unseen(lambda *_: set()))
    account.expunge([found[1].origin.uid or 0])
    mailbox.file(outcomes(found, [Fate.ACCEPTED] * 3))
    mailbox.close()
    assert account.subjects("Done") == ["a", "b"]


@pytest.mark.dovecot
def test_flag_sets_the_keyword_and_nothing_else(dovecot_account: Account) -> None:
    dovecot_account.deliver([mail("a"), mail("b")])
    mailbox = ImapMailbox(dovecot_account.settings(mode="flag"))
    found = list(mailbox.unseen(lambda *_: set()))
    mailbox.file(outcomes(found[:1], [Fate.ACCEPTED]))
    mailbox.close()
    assert list(dovecot_account.flags().values()) == [{"$WhosendsDone"}, set()]


def test_flag_on_a_server_without_keywords_is_refused_before_reading(pymap: Account) -> None:
    pymap.deliver([mail("a")])
    mailbox = ImapMailbox(pymap.settings(mode="flag"))
    with pytest.raises(MailboxError, match="keeps no keyword") as caught:
        list(mailbox.unseen(lambda *_: set()))
    mailbox.close()
    assert 'mode = "move"' in caught.value.hint


def test_move_without_move_but_with_uidplus_on_pymap(tmp_path: Path) -> None:
    with pymap_server(tmp_path, without=["MOVE"]) as account:
        move_beside_a_deleted_mail(account)


@pytest.mark.dovecot
def test_move_without_move_but_with_uidplus_on_dovecot(dovecot_without_move: Dovecot, tmp_path: Path) -> None:
    move_beside_a_deleted_mail(new_account(dovecot_without_move, tmp_path))


def move_beside_a_deleted_mail(account: Account) -> None:
    account.deliver([mail("theirs"), mail("a"), mail("b")])
    theirs = min(account.flags())
    with account.client() as client:
        client.select_folder("INBOX")
        client.delete_messages([theirs])
    mailbox = ImapMailbox(account.settings(mode="move", accepted_folder="Done"))
    found = list(mailbox.unseen(lambda *_: {theirs}))
    mailbox.file(outcomes(found, [Fate.ACCEPTED] * 2))
    mailbox.close()
    assert account.subjects() == ["theirs"]
    assert account.subjects("Done") == ["a", "b"]


@pytest.mark.dovecot
def test_move_with_neither_copies_once_and_expunges_nothing(
    dovecot_without_move_and_uidplus: Dovecot, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    account = new_account(dovecot_without_move_and_uidplus, tmp_path)
    account.deliver([mail("a"), mail("b")])
    with caplog.at_level(logging.WARNING):
        for _ in range(2):  # the second time as if the ledger had been lost
            file_all(account.settings(mode="move"), [Fate.ACCEPTED, Fate.REJECTED])
    assert account.subjects() == ["a", "b"]
    assert accepted_and_other(account, prefix="INBOX.") == (["a"], ["b"])
    assert "neither MOVE nor UIDPLUS" in caplog.text


def test_move_with_neither_and_without_keywords_is_refused_before_reading(tmp_path: Path) -> None:
    with pymap_server(tmp_path, without=["MOVE", "UIDPLUS"]) as account:
        mailbox = ImapMailbox(account.settings(mode="move"))
        with pytest.raises(MailboxError, match="no MOVE, no UIDPLUS and no keywords"):
            list(mailbox.unseen(lambda *_: set()))
        mailbox.close()


def test_a_move_into_the_folder_itself_is_refused_before_anything_is_read(account: Account) -> None:
    with pytest.raises(SettingsError, match="moved to where they are"):
        account.settings(mode="move", accepted_folder="INBOX")


def test_refile_moves_what_an_earlier_poll_left(account: Account) -> None:
    account.deliver([mail("read"), mail("bad"), mail("new")])
    uids = sorted(account.flags())
    asked: list[tuple[str, str, int]] = []

    def fates(*where: object) -> dict[int, Fate]:
        asked.append(where)  # type: ignore[arg-type]
        return {uids[0]: Fate.ACCEPTED, uids[1]: Fate.REJECTED, 999_999: Fate.ACCEPTED}

    mailbox = ImapMailbox(account.settings(mode="move", accepted_folder="Done", other_folder="Odd"))
    assert mailbox.refile(fates) == 2
    assert [found.origin.uid for found in mailbox.unseen(lambda *_: set(uids[:2]))] == uids[2:]
    mailbox.close()
    assert (account.subjects(), account.subjects("Done"), account.subjects("Odd")) == (["new"], ["read"], ["bad"])
    assert [where[:2] for where in asked] == [("reports", "INBOX")]


def test_refile_in_keep_asks_nobody(pymap: Account) -> None:
    mailbox = ImapMailbox(pymap.settings())
    assert mailbox.refile(lambda *_: pytest.fail("asked")) == 0
    mailbox.close()


@pytest.mark.dovecot
def test_refile_flags_only_what_is_not_flagged(dovecot_account: Account) -> None:
    dovecot_account.deliver([mail("a"), mail("b")])
    uids = sorted(dovecot_account.flags())
    mailbox = ImapMailbox(dovecot_account.settings(mode="flag"))
    assert mailbox.refile(lambda *_: {uids[0]: Fate.ACCEPTED}) == 1
    assert mailbox.refile(lambda *_: {uids[0]: Fate.ACCEPTED}) == 0
    mailbox.close()
    assert dovecot_account.flags() == {uids[0]: {"$WhosendsDone"}, uids[1]: set()}


def test_a_refused_move_is_logged_and_left_for_the_next_poll(
    account: Account, proxy: CuttingProxy, caplog: pytest.LogCaptureFixture
) -> None:
    account.deliver([mail("a")])
    proxy.cut("MOVE", "before", times=4)
    file_all(account.at(proxy.port).settings(mode="move", accepted_folder="Done"), [Fate.ACCEPTED])
    assert account.subjects() == ["a"]
    assert "1 mails not filed, tried again next time" in caplog.text
    mailbox = ImapMailbox(account.settings(mode="move", accepted_folder="Done"))
    mailbox.refile(lambda *_: {min(account.flags()): Fate.ACCEPTED})
    mailbox.close()
    assert (account.subjects(), account.subjects("Done")) == ([], ["a"])
