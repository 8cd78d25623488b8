"""A real Dovecot on loopback: run in the foreground from a temporary folder, as an ordinary user, any user name with one password."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from imapclient import IMAPClient

from tests.fakes.imap_account import PASSWORD, Account

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROGRAM = "/usr/sbin/dovecot"
START_TIMEOUT_S = 30.0

_CONFIGURATION = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
mail_location = maildir:{folder}/mail/%u
mail_max_userip_connections = 50
login_trusted_networks = 127.0.0.0/8
disable_plaintext_auth = no
auth_failure_delay = 0 secs
ssl = yes
ssl_cert = <{cert}
ssl_key = <{key}
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
namespace inbox {{
  inbox = yes
  prefix = {prefix}
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
{capability}
"""


@dataclass(frozen=True)
class Dovecot:
    """A running server. Every user name is a new, empty account."""

    port: int
    tls_port: int
    ca_file: Path

    def account(self, user: str, folder: Path) -> Account:
        return Account(port=self.port, user=user, folder=folder)


def missing() -> str:
    """Why Dovecot cannot be used here; empty when it can."""
    if not os.access(PROGRAM, os.X_OK):
        return f"{PROGRAM} is not installed (Debian package dovecot-imapd)"
    if os.getuid() == 0 and shutil.which("setpriv") is None:
        return "Dovecot must not run as root, and there is no setpriv (Debian package util-linux)"
    return ""


@contextmanager
def dovecot_server(
    folder: Path, cert: Path, key: Path, *, ca_file: Path, without: tuple[str, ...] = (), prefix: str = ""
) -> Iterator[Dovecot]:
    """A running server; its mails live in `folder`, which must be empty and reachable for others than root.

    Args:
        without: capabilities that the server does not announce.
        prefix: of the personal namespace, such as "INBOX.".
    """
    port, tls_port = _free_ports(2)
    account = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
    configuration = folder / "dovecot.conf"
    values = {"folder": folder, "cert": cert, "key": key, "prefix": prefix, "port": port, "tls_port": tls_port}
    names = {"user": account.pw_name, "group": grp.getgrgid(account.pw_gid).gr_name, "password": PASSWORD}
    capability = _capability(without)
    configuration.write_text(_CONFIGURATION.format(**values, **names, capability=capability), encoding="utf-8")
    _hand_over(folder, account)
    as_other = (
        [] if os.getuid() else ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
    )
    process = subprocess.Popen([*as_other, PROGRAM, "-F", "-c", str(configuration)])
    try:
        _wait_until_it_answers(process, port, folder)
        yield Dovecot(port, tls_port, ca_file)
    finally:
        process.terminate()
        process.wait(30)


def _capability(without: tuple[str, ...]) -> str:
    if not without:
        return ""
    usual = "IMAP4rev1 SASL-IR LITERAL+ ID ENABLE IDLE NAMESPACE MULTIAPPEND UIDPLUS MOVE UNSELECT CHILDREN ESEARCH"
    return f"imap_capability = {' '.join(name for name in usual.split() if name not in without)}"


def _hand_over(folder: Path, account: pwd.struct_passwd) -> None:
    if os.getuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, account.pw_uid, account.pw_gid)


def _wait_until_it_answers(process: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    until = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < until and process.poll() is None:
        try:
            client = IMAPClient("127.0.0.1", port=port, ssl=False, timeout=5)
            client.login("anybody", PASSWORD)
            client.logout()
        except (OSError, IMAPClient.Error):
            time.sleep(0.05)
        else:
            return
    log = folder / "dovecot.log"
    raise AssertionError(f"Dovecot does not answer: {log.read_text(encoding='utf-8') if log.exists() else 'no log'}")


def _free_ports(number: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    try:
        return [int(found.getsockname()[1]) for found in sockets]
    finally:
        for found in sockets:
            found.close()
