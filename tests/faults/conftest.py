"""The stage for faults: a Dovecot, a preloaded poller, and mailboxes to copy."""

from __future__ import annotations

import os
import tempfile
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trustme

from tests.fakes import dovecot_server
from tests.faults.mails import believable, troublesome
from tests.faults.poller import preloaded
from tests.faults.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

TODAY = date(2026, 3, 9)


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    why = dovecot_server.missing()
    if why and os.environ.get("WHOSENDS_NO_SKIP") == "1":
        pytest.fail(why)
    if why:
        pytest.skip(why)
    with tempfile.TemporaryDirectory(prefix="ws-") as name, preloaded() as poller:
        root = Path(name)
        root.chmod(0o755)
        server, cases = root / "server", root / "cases"
        for folder in (server, cases):
            folder.mkdir()
            folder.chmod(0o755)
        cert = trustme.CA().issue_cert("localhost")
        cert.cert_chain_pems[0].write_to_path(server / "cert.pem")
        cert.private_key_pem.write_to_path(server / "key.pem")
        files = (server / "cert.pem", server / "key.pem")
        with dovecot_server.dovecot_server(server, *files, ca_file=server / "cert.pem") as running:
            made = Stage(server, running.port, cases, poller)
            made.fill("few", troublesome())
            made.fill("many", believable(TODAY))
            yield made
