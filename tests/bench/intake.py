"""Parts a to d: how fast reports come in, against parsedmarc, the bare tokeniser, DuckDB alone and a bare fetch."""

from __future__ import annotations

import gzip
import json
import tempfile
import time
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.store.connect import Database
from tests.bench import mails
from tests.bench.bench import BIN
from tests.bench.lines import Line, Target, bounded, faster, missing, share
from tests.fakes import dovecot_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imapclient import IMAPClient

    from tests.bench.bench import Bench
    from tests.fakes.imap_account import Account

SMALL = ((20, 12.0), (1, 8.0))  # records of each report, and how many times as fast as parsedmarc we want to be
FULL_RECORDS = 100_000
FETCHED_AT_ONCE = 200
NEEDS_A_LOOK = 5  # an exit code that is no failure


def a(bench: Bench) -> Iterator[Line]:
    """A mailbox of small reports, whole processes: ours keeps a database, parsedmarc writes JSON and CSV."""
    number = bench.sizes.mails
    for records, wanted in SMALL:
        name = f"{number:,} mails x {records} records"
        folder, database = bench.folder / f"mails-{records}", bench.folder / f"mails-{records}.duckdb"
        mails.write(folder, number, records)
        bench.say(f"{name}: whosends load")
        ours = bench.whosends_s("load", folder, "--db", database, "--json", codes=(0, NEEDS_A_LOOK))
        bench.say(f"{name}: parsedmarc")
        output = bench.folder / f"parsedmarc-{records}"
        files = [str(path) for path in sorted(folder.iterdir())]
        theirs = bench.command_s([str(BIN / "parsedmarc"), "--offline", "-s", "-o", str(output), *files])
        _same(number * records, _held(database), _written(output))
        yield faster("a", f"load {name}", ours, ("parsedmarc command", theirs), Target(wanted, number >= 1000))


def _held(database: Path) -> int:
    """Records that count in a database of ours."""
    return int(Database(database).frame("SELECT count(*) AS n FROM v_record")["n"].iloc[0])


def _written(output: Path) -> int:
    """Records in what parsedmarc wrote."""
    return sum(len(one["records"]) for one in json.loads((output / "aggregate.json").read_text(encoding="utf-8")))


def _same(wanted: int, *found: int) -> None:
    """Nobody is fast by leaving something out."""
    if any(number != wanted for number in found):
        raise AssertionError(f"{wanted:,} records went in, {found} came out")


def b(bench: Bench) -> Iterator[Line]:
    """One huge report: time and peak memory of the processes that read it."""
    small, large = bench.sizes.records, 5 * bench.sizes.records
    judged = small >= FULL_RECORDS
    path = _huge(bench, small)
    bench.say(f"a report of {small:,} records: ours")
    ours_s, ours_mb = bench.child("ours", path, small)
    bench.say(f"a report of {small:,} records: parsedmarc")
    theirs_s, theirs_mb = bench.child("theirs", path, small)
    yield faster("b", f"read {small:,} records", ours_s, ("parsedmarc", theirs_s), Target(20, judged))
    yield bounded("b", f"memory for {small:,} records", (ours_mb, "MB"), ("parsedmarc", theirs_mb), Target(300, judged))
    bench.say(f"a report of {large:,} records: ours")
    large_s, large_mb = bench.child("ours", _huge(bench, large), large)
    against = (f"{small:,} records", ours_mb)
    yield bounded("b", f"memory for {large:,} records", (large_mb, "MB"), against, Target(400, judged))
    yield bounded("b", f"time for {large:,} records", (large_s, "s"), (f"{small:,} records", ours_s))


def c(bench: Bench) -> Iterator[Line]:
    """The same huge report against what cannot be beaten: a tokeniser that does nothing, and DuckDB that only keeps."""
    records = bench.sizes.records
    path, database = _huge(bench, records), bench.folder / "huge.duckdb"
    judged = records >= FULL_RECORDS
    tokens_s, _ = bench.child("tokens", path)
    ours_s, _ = bench.child("ours", path, records)
    yield share("c", f"read {records:,} records", ours_s, ("expat alone", tokens_s), Target(0.2, judged))
    bench.say(f"a report of {records:,} records: whosends load")
    load_s = bench.whosends_s("load", path, "--db", database, "--json", codes=(0, NEEDS_A_LOOK))
    _same(records, _held(database))
    insert_s, _ = bench.child("insert", database, bench.folder / "inserted.duckdb")
    yield share("c", f"load {records:,} records", load_s, ("expat alone", tokens_s), Target(0.1, judged))
    yield share("c", f"load {records:,} records", load_s, ("DuckDB inserts Arrow", insert_s), Target(0.1, judged))


def _huge(bench: Bench, records: int) -> Path:
    path = bench.folder / f"huge-{records}.xml.gz"
    if not path.exists():
        path.write_bytes(gzip.compress(mails.report(records), 1))
    return path


def d(bench: Bench) -> Iterator[Line]:
    """`whosends poll` against a bare fetch of the same mails from a Dovecot on loopback."""
    number = bench.sizes.polled
    name = f"poll {number:,} mails"
    if why := dovecot_server.missing():
        yield missing("d", name, why)
        return
    import trustme

    with tempfile.TemporaryDirectory(prefix="ws-") as folder:
        root = Path(folder)
        root.chmod(0o755)
        server = root / "server"
        server.mkdir()
        cert = trustme.CA().issue_cert("localhost")
        cert.cert_chain_pems[0].write_to_path(server / "cert.pem")
        cert.private_key_pem.write_to_path(server / "key.pem")
        with dovecot_server.dovecot_server(
            server, server / "cert.pem", server / "key.pem", ca_file=server / "cert.pem"
        ) as running:
            account = running.account("reports", root)
            bench.say(f"delivering {number:,} mails to Dovecot")
            _deliver(account, number)
            with account.client() as client:
                bare_s = _fetch_s(client, number)
            bench.say(f"{name}: whosends")
            config = _config(bench.folder / "poll.toml", running.port, account.settings().password_file)
            ours_s = bench.whosends_s("poll", "--config", config, codes=(0, NEEDS_A_LOOK))
    _same(number, _held(bench.folder / "poll.duckdb"))
    yield share("d", name, ours_s, ("imapclient fetches them", bare_s), Target(0.6, number >= 10_000))


def _deliver(account: Account, number: int) -> None:
    """The mails come in on the day after the last that they report on."""
    days = 30
    at = datetime.fromtimestamp(mails.FIRST_DAY + (days + 1) * mails.DAY_S, UTC)
    bodies = mails.mails(number, 1, days=days)
    while batch := list(islice(bodies, 500)):
        account.deliver(batch, at=at)


def _fetch_s(client: IMAPClient, number: int) -> float:
    """Seconds to select the folder and fetch every mail in it, some hundred at a time."""
    start, bodies, size_bytes = time.perf_counter(), 0, 0
    client.select_folder("INBOX", readonly=True)
    uids = client.search()
    for first in range(0, len(uids), FETCHED_AT_ONCE):
        for answer in client.fetch(uids[first : first + FETCHED_AT_ONCE], ["BODY.PEEK[]"]).values():
            bodies += 1
            size_bytes += len(answer[b"BODY[]"])
    taken_s = time.perf_counter() - start
    if bodies != number or size_bytes < 1000 * number:
        raise AssertionError(f"{bodies:,} mails with {size_bytes:,} bytes were fetched")
    return taken_s


def _config(path: Path, port: int, password_file: Path | None) -> Path:
    path.write_text(
        f'database = "poll.duckdb"\n[[mailbox]]\nname = "reports"\nhost = "127.0.0.1"\nport = {port}\nuser = "reports"\n'
        f'security = "plain"\npassword_file = "{password_file}"\n',
        encoding="utf-8",
    )
    return path
