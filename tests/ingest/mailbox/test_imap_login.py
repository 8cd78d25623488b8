from __future__ import annotations

import logging
import socket
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ingest.errors import MailboxError, SettingsError
from ingest.mailbox.check import check
from ingest.mailbox.imap import ImapMailbox
from tests.fakes.cutting_proxy import cutting_proxy
from tests.fakes.imap_account import PASSWORD, Account, mail
from tests.fakes.pymap_server import pymap_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.fakes.dovecot_server import Dovecot
    from tests.ingest.mailbox.conftest import Certificates


@pytest.fixture(params=["pymap", pytest.param("dovecot", marks=pytest.mark.dovecot)])
def tls_account(request: pytest.FixtureRequest, tmp_path: Path, certificates: Certificates) -> Iterator[Account]:
    """Reached over TLS from the first byte, with the authority's certificate at hand."""
    if request.param == "pymap":
        with pymap_server(tmp_path, tls=certificates.context, security="tls", ca_file=certificates.ca_file) as account:
            yield account
    else:
        server: Dovecot = request.getfixturevalue("dovecot")
        yield Account(
            port=server.tls_port, user="tls-user", folder=tmp_path, security="tls", ca_file=certificates.ca_file
        )


@pytest.fixture(params=["pymap", pytest.param("dovecot", marks=pytest.mark.dovecot)])
def starttls_account(request: pytest.FixtureRequest, tmp_path: Path, certificates: Certificates) -> Iterator[Account]:
    """Reached in plain text at first; the server offers STARTTLS."""
    if request.param == "pymap":
        with pymap_server(tmp_path, tls=certificates.context) as account:
            yield account
    else:
        server: Dovecot = request.getfixturevalue("dovecot")
        yield Account(port=server.port, user="starttls-user", folder=tmp_path)


def ours(caplog: pytest.LogCaptureFixture) -> str:
    """The log without that of the server in this process, which writes down whatever it receives."""
    return "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("pymap"))


def test_a_wrong_password_is_refused_and_said_nowhere(account: Account, caplog: pytest.LogCaptureFixture) -> None:
    settings = account.settings()
    assert settings.password_file is not None
    settings.password_file.write_text("wrong-horse", encoding="utf-8")
    with (
        caplog.at_level(logging.DEBUG),
        pytest.raises(MailboxError, match=f"login of {account.user} refused") as caught,
    ):
        check(settings)
    assert "app password" in caught.value.hint
    assert "wrong-horse" not in f"{ours(caplog)} {caught.value} {caught.value.__context__} {caught.value.__cause__}"


def test_the_password_is_not_logged_at_any_level(account: Account, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        check(account.settings())
    assert "LOGIN **REDACTED**" in ours(caplog)
    assert PASSWORD not in ours(caplog)


def test_a_password_may_hold_letters_beyond_ascii(account: Account, caplog: pytest.LogCaptureFixture) -> None:
    settings = account.settings()
    assert settings.password_file is not None
    settings.password_file.write_text("schlüssel", encoding="utf-8")
    with (
        caplog.at_level(logging.DEBUG),
        pytest.raises(MailboxError, match="refused"),
    ):  # it is the wrong one, but it was sent
        check(settings)
    assert "schl" not in ours(caplog)


def test_a_password_with_a_line_break_inside_is_never_sent(pymap: Account) -> None:
    settings = pymap.settings()
    assert settings.password_file is not None
    settings.password_file.write_text("two\r\nlines", encoding="utf-8")
    with pytest.raises(SettingsError, match="line break"):
        check(settings)


def test_tls_with_the_right_authority(tls_account: Account) -> None:
    tls_account.deliver([mail("a")])
    assert check(tls_account.settings()).mails == 1


def test_tls_is_verified_by_default(tls_account: Account) -> None:
    with pytest.raises(MailboxError, match=r"certificate not trusted.*no password was sent") as caught:
        check(tls_account.settings(ca_file=None))
    assert "ca_file" in caught.value.hint


def test_tls_with_a_certificate_of_another_host(tmp_path: Path, wrong_certificates: Certificates) -> None:
    wrong = wrong_certificates
    with (
        pymap_server(tmp_path, tls=wrong.context, security="tls", ca_file=wrong.ca_file) as account,
        pytest.raises(MailboxError, match=r"certificate not trusted.*127\.0\.0\.1"),
    ):
        check(account.settings())


def test_a_ca_file_that_is_none(tls_account: Account, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"ca_file .*gone\.pem: No such file"):
        check(tls_account.settings(ca_file=tmp_path / "gone.pem"))
    (tmp_path / "text.pem").write_text("not a certificate", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"ca_file .*text\.pem"):
        check(tls_account.settings(ca_file=tmp_path / "text.pem"))


def test_tls_spoken_to_a_plain_port(account: Account) -> None:
    with pytest.raises(MailboxError, match=r"TLS failed.*no password was sent") as caught:
        check(account.settings(security="tls"))
    assert "starttls" in caught.value.hint


def test_plain_spoken_to_a_tls_port(tls_account: Account) -> None:
    with pytest.raises(MailboxError, match="no conversation") as caught:
        check(tls_account.settings(security="plain", timeout_s=1.0))
    assert "993" in caught.value.hint


def test_starttls_encrypts_before_the_password(starttls_account: Account, certificates: Certificates) -> None:
    starttls_account.deliver([mail("a")])
    settings = starttls_account.settings(security="starttls", ca_file=certificates.ca_file)
    with cutting_proxy(starttls_account.port) as proxy:
        assert check(replace(settings, port=proxy.port)).mails == 1
    assert proxy.commands.index(b"STARTTLS") < len(proxy.commands) - 1
    assert not proxy.sent("LOGIN|AUTHENTICATE")


def test_starttls_is_verified_by_default(starttls_account: Account) -> None:
    with pytest.raises(MailboxError, match=r"certificate not trusted.*no password was sent"):
        check(starttls_account.settings(security="starttls"))


def test_starttls_that_is_not_offered_ends_before_the_password(pymap: Account) -> None:
    with cutting_proxy(pymap.port) as proxy, pytest.raises(MailboxError, match="does not offer STARTTLS"):
        check(pymap.at(proxy.port).settings(security="starttls"))
    assert not proxy.sent("LOGIN|AUTHENTICATE")


def test_plain_to_another_host_is_refused_before_anything_is_sent(account: Account) -> None:
    with pytest.raises(SettingsError, match="unencrypted"):
        account.settings(host="192.0.2.1")


def test_a_server_that_does_not_listen(pymap: Account) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(MailboxError, match=f"127.0.0.1 port {port}.*connection refused"):
        check(pymap.at(port).settings())


def test_a_host_that_does_not_exist(pymap: Account) -> None:
    with pytest.raises(MailboxError, match="host not found"):
        check(pymap.settings(host="imap.invalid", security="tls"))


def test_a_server_that_never_answers(pymap: Account) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        pytest.raises(MailboxError, match="no conversation: no answer in time"),
    ):
        check(pymap.at(silent.getsockname()[1]).settings(timeout_s=0.5))


def test_a_connection_cut_during_login_is_not_taken_for_a_wrong_password(account: Account) -> None:
    with cutting_proxy(account.port) as proxy:
        proxy.cut("LOGIN", "before")
        mailbox = ImapMailbox(account.at(proxy.port).settings(), pause=lambda _: None)
        with pytest.raises(MailboxError, match="no conversation"):
            list(mailbox.unseen(lambda *_: set()))
        mailbox.close()


def test_no_password_is_said_before_the_server_is_asked(pymap: Account, tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        check(pymap.settings(password_file=tmp_path / "gone"))
