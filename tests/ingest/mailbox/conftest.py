"""Real IMAP servers for the tests of this folder."""

from __future__ import annotations

import os
import ssl
import tempfile
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trustme

from tests.fakes import dovecot_server as dovecot_fake
from tests.fakes.cutting_proxy import CuttingProxy, cutting_proxy
from tests.fakes.pymap_server import pymap_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.fakes.dovecot_server import Dovecot
    from tests.fakes.imap_account import Account

_users = count(1)


@dataclass(frozen=True)
class Certificates:
    """Files of one authority, and of one server certificate for localhost that it signed."""

    ca_file: Path
    cert: Path
    key: Path
    context: ssl.SSLContext


@pytest.fixture(scope="session")
def open_folder() -> Iterator[Callable[[], Path]]:
    """Makes temporary folders that another user than root can reach, with paths short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="ws-") as name:
        root = Path(name)
        root.chmod(0o755)

        def make() -> Path:
            folder = Path(tempfile.mkdtemp(dir=root, prefix=""))
            folder.chmod(0o755)
            return folder

        yield make


@pytest.fixture(scope="session")
def certificates(open_folder: Callable[[], Path]) -> Certificates:
    authority = trustme.CA()
    return _issue(authority, open_folder(), "localhost", "127.0.0.1")


@pytest.fixture(scope="session")
def wrong_certificates(open_folder: Callable[[], Path]) -> Certificates:
    """Signed by a known authority, but for another host."""
    return _issue(trustme.CA(), open_folder(), "imap.elsewhere.example")


@pytest.fixture(scope="session")
def dovecot(open_folder: Callable[[], Path], certificates: Certificates) -> Iterator[Dovecot]:
    yield from _dovecot(open_folder, certificates)


@pytest.fixture(scope="session")
def dovecot_without_move(open_folder: Callable[[], Path], certificates: Certificates) -> Iterator[Dovecot]:
    yield from _dovecot(open_folder, certificates, without=("MOVE",))


@pytest.fixture(scope="session")
def dovecot_without_move_and_uidplus(open_folder: Callable[[], Path], certificates: Certificates) -> Iterator[Dovecot]:
    yield from _dovecot(open_folder, certificates, without=("MOVE", "UIDPLUS"), prefix="INBOX.")


@pytest.fixture
def pymap(tmp_path: Path) -> Iterator[Account]:
    with pymap_server(tmp_path) as account:
        yield account


@pytest.fixture(params=["pymap", pytest.param("dovecot", marks=pytest.mark.dovecot)])
def account(request: pytest.FixtureRequest, tmp_path: Path) -> Account:
    """An empty account, on each of the servers in turn."""
    if request.param == "pymap":
        found: Account = request.getfixturevalue("pymap")
        return found
    return new_account(request.getfixturevalue("dovecot"), tmp_path)


@pytest.fixture
def dovecot_account(dovecot: Dovecot, tmp_path: Path) -> Account:
    return new_account(dovecot, tmp_path)


@pytest.fixture
def proxy(account: Account) -> Iterator[CuttingProxy]:
    """In front of `account`."""
    with cutting_proxy(account.port) as found:
        yield found


def new_account(server: Dovecot, folder: Path) -> Account:
    return server.account(f"user{next(_users)}", folder)


def _dovecot(
    open_folder: Callable[[], Path], certificates: Certificates, *, without: tuple[str, ...] = (), prefix: str = ""
) -> Iterator[Dovecot]:
    why = dovecot_fake.missing()
    if why and os.environ.get("WHOSENDS_NO_SKIP") == "1":
        pytest.fail(why)
    if why:
        pytest.skip(why)
    files = (certificates.cert, certificates.key)
    with dovecot_fake.dovecot_server(
        open_folder(), *files, ca_file=certificates.ca_file, without=without, prefix=prefix
    ) as server:
        yield server


def _issue(authority: trustme.CA, folder: Path, *names: str) -> Certificates:
    issued = authority.issue_cert(*names)
    found = Certificates(
        folder / "ca.pem", folder / "cert.pem", folder / "key.pem", ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    )
    authority.cert_pem.write_to_path(found.ca_file)
    found.cert.write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(found.key)
    issued.configure_cert(found.context)
    return found
