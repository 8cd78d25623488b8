from __future__ import annotations

import logging
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from ingest.errors import MailboxError
from ingest.mailbox.check import check
from ingest.mailbox.imap import ImapMailbox
from tests.fakes.imap_account import mail

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.model import RawMail
    from tests.fakes.cutting_proxy import CuttingProxy
    from tests.fakes.imap_account import Account


def nothing(_mailbox: str, _folder: str, _uidvalidity: int) -> set[int]:
    return set()


def subject(found: RawMail) -> str:
    return found.body.split(b"Subject: ")[1].split(b"\r\n")[0].decode()


def read(mailbox: ImapMailbox, known: Callable[[str, str, int], set[int]] = nothing) -> list[RawMail]:
    try:
        return list(mailbox.unseen(known))
    finally:
        mailbox.close()


def test_mails_arrive_byte_for_byte_oldest_first(account: Account) -> None:
    bodies = [mail("first", "Grüße"), mail("second", "\r\n\r\n.\r\n"), mail("third", ")" * 5000)]
    account.deliver(bodies)
    assert [found.body for found in read(ImapMailbox(account.settings()))] == bodies


def test_an_empty_folder_gives_nothing(account: Account) -> None:
    mailbox = ImapMailbox(account.settings())
    assert read(mailbox) == []
    assert mailbox.count() == 0


def test_reading_changes_nothing_on_the_server(account: Account) -> None:
    account.deliver([mail("a"), mail("b")])
    before = account.flags()
    read(ImapMailbox(account.settings()))
    assert account.flags() == before
    assert account.subjects() == ["a", "b"]


def test_mails_in_the_ledger_are_not_fetched(account: Account, proxy: CuttingProxy) -> None:
    account.deliver([mail("a"), mail("b"), mail("c")])
    first = read(ImapMailbox(account.settings()))
    asked: list[tuple[str, str, int]] = []

    def known(*where: object) -> set[int]:
        asked.append(where)  # type: ignore[arg-type]
        return {found.origin.uid or 0 for found in first[:2]}

    mailbox = ImapMailbox(account.at(proxy.port).settings())
    assert [subject(found) for found in read(mailbox, known)] == ["c"]
    assert mailbox.count() == 1
    assert asked == [("reports", "INBOX", first[0].origin.uidvalidity)]
    assert proxy.sent("FETCH") == [
        line for line in proxy.sent("FETCH") if b"FETCH %d " % (first[2].origin.uid or 0) in line
    ]


def test_keep_opens_the_folder_read_only(account: Account, proxy: CuttingProxy) -> None:
    account.deliver([mail("a")])
    read(ImapMailbox(account.at(proxy.port).settings()))
    assert proxy.sent("EXAMINE")
    assert not proxy.sent("SELECT|STORE|MOVE|COPY|EXPUNGE|CLOSE|CREATE")


def test_the_time_of_arrival_is_naive_utc(account: Account) -> None:
    tokyo = timezone(timedelta(hours=9))
    account.deliver([mail("a")], at=datetime(2026, 11, 1, 6, 30, tzinfo=tokyo))
    account.deliver([mail("b")], at=datetime(2026, 11, 1, 6, 30, tzinfo=UTC))
    times = [found.received_utc for found in read(ImapMailbox(account.settings()))]
    assert times == [datetime(2026, 10, 31, 21, 30), datetime(2026, 11, 1, 6, 30)]  # noqa: DTZ001


def test_since_counts_days_in_utc(account: Account) -> None:
    tokyo = timezone(timedelta(hours=9))
    account.deliver([mail("long ago")], at=datetime(2026, 10, 1, 12, tzinfo=UTC))
    account.deliver([mail("still the 31st")], at=datetime(2026, 11, 1, 8, 59, tzinfo=tokyo))
    account.deliver([mail("the 1st")], at=datetime(2026, 11, 1, 9, 0, tzinfo=tokyo))
    found = read(ImapMailbox(account.settings(), since=date(2026, 11, 1)))
    assert [subject(one) for one in found] == ["the 1st"]


def test_since_and_limit_give_the_oldest_that_are_recent_enough(account: Account) -> None:
    for day in range(1, 6):
        account.deliver([mail(f"day {day}")], at=datetime(2026, 11, day, 12, tzinfo=UTC))
    found = read(ImapMailbox(account.settings(), since=date(2026, 11, 3), limit=2))
    assert [subject(one) for one in found] == ["day 3", "day 4"]


def test_limit_gives_the_oldest(account: Account) -> None:
    account.deliver([mail(f"m{number}") for number in range(4)])
    mailbox = ImapMailbox(account.settings(), limit=3)
    assert [subject(found) for found in read(mailbox)] == ["m0", "m1", "m2"]
    assert mailbox.count() == 3


def test_a_mail_over_the_limit_is_given_as_its_header_with_the_reason(account: Account) -> None:
    account.deliver([mail("small"), mail("large", "x" * 100_000), mail("small too")])
    found = read(ImapMailbox(account.settings(), max_bytes=50_000))
    assert [subject(one) for one in found] == ["small", "large", "small too"]
    assert [one.refused for one in found] == [None, "mail of 0.1 MB is over the limit of 0.1 MB", None]
    assert len(found[1].body) < 500
    assert b"Message-ID: <large@x>" in found[1].body


def test_two_thousand_mails_come_in_chunks(account: Account, proxy: CuttingProxy) -> None:
    names = [f"m{number}" for number in range(2000)]
    account.deliver([mail(name) for name in names])
    mailbox = ImapMailbox(account.at(proxy.port).settings())
    assert [subject(found) for found in read(mailbox)] == names
    assert len(proxy.sent(r"BODY\.PEEK")) == 40
    assert len(proxy.sent(r"RFC822\.SIZE")) == 4
    assert proxy.connections == 1


def test_a_chunk_is_bounded_in_bytes(account: Account, proxy: CuttingProxy) -> None:
    account.deliver([mail(f"m{number}", "x" * 3_000_000) for number in range(4)])
    found = read(ImapMailbox(account.at(proxy.port).settings()))
    assert [subject(one) for one in found] == ["m0", "m1", "m2", "m3"]
    assert len(proxy.sent(r"BODY\.PEEK")) == 2


def test_a_mail_expunged_by_another_client_is_passed_over(account: Account, proxy: CuttingProxy) -> None:
    account.deliver([mail(f"m{number}") for number in range(5)])
    gone = sorted(account.flags())[2]
    proxy.cut(r"BODY\.PEEK", "never", then=lambda: account.expunge([gone]))
    found = read(ImapMailbox(account.at(proxy.port).settings()))
    kept = [subject(one) for one in found if one.origin.uid != gone]  # a server may still hand it over
    assert kept == ["m0", "m1", "m3", "m4"]


def test_mails_expunged_between_search_and_sizes_are_passed_over(account: Account, proxy: CuttingProxy) -> None:
    account.deliver([mail(f"m{number}") for number in range(3)])
    uids = sorted(account.flags())
    proxy.cut(r"RFC822\.SIZE", "never", then=lambda: account.expunge(uids[1:]))
    found = read(ImapMailbox(account.at(proxy.port).settings()))
    assert [subject(one) for one in found] == ["m0"]


def test_unseen_ends_when_asked_to_stop(account: Account) -> None:
    account.deliver([mail(f"m{number}") for number in range(3)])
    stop: list[bool] = []
    mailbox = ImapMailbox(account.settings(), stopping=lambda: bool(stop))
    found = []
    for one in mailbox.unseen(nothing):
        found.append(one)
        stop.append(True)
    mailbox.close()
    assert [subject(one) for one in found] == ["m0"]


def test_a_missing_folder_is_named_with_those_that_look_alike(account: Account) -> None:
    account.deliver([mail("a")], "DMARC-Reports")
    with pytest.raises(MailboxError, match=r"mailbox reports \(127\.0\.0\.1\): no folder dmarc-report") as caught:
        read(ImapMailbox(account.settings(folder="dmarc-report")))
    assert caught.value.hint == "did you mean: DMARC-Reports"


def test_a_missing_folder_unlike_any_other_is_named_with_all(account: Account) -> None:
    with pytest.raises(MailboxError) as caught:
        read(ImapMailbox(account.settings(folder="Zzyzx")))
    assert caught.value.hint == "the server has: INBOX"


def test_a_folder_name_may_hold_any_letter(account: Account) -> None:
    account.deliver([mail("a")], "Отчёты & 報告")
    found = read(ImapMailbox(account.settings(folder="Отчёты & 報告")))
    assert [one.origin.folder for one in found] == ["Отчёты & 報告"]


def test_check_says_what_the_server_offers(account: Account) -> None:
    account.deliver([mail("a"), mail("b")])
    account.deliver([mail("c")], "Other")
    found = check(account.settings())
    assert (found.mails, found.idle, found.move, found.uidplus) == (2, True, True, True)
    assert found.folders == ("INBOX", "Other")
    assert found.uidvalidity > 0


def test_a_mail_that_the_server_cannot_hand_over_costs_no_other(
    account: Account, proxy: CuttingProxy, caplog: pytest.LogCaptureFixture
) -> None:
    account.deliver([mail(f"m{number}") for number in range(3)])
    poison = sorted(account.flags())[1]
    proxy.cut(rf"[ ,]{poison}[ ,].*BODY\.PEEK", "before", times=1000)
    mailbox = ImapMailbox(account.at(proxy.port).settings(), pause=lambda _: None)
    given = mailbox.unseen(lambda *_: set())
    with caplog.at_level(logging.WARNING):
        assert [subject(next(given)) for _ in range(2)] == ["m0", "m2"]
        with pytest.raises(MailboxError, match="1 mails cannot be fetched"):
            next(given)
    assert f"/{poison}: left out, tried again next time" in caplog.text
