"""One job in a process of its own, which says how long it took and what memory it needed.

python -m tests.bench.child JOB ARGUMENT...
"""

from __future__ import annotations

import gzip
import json
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def ours(path: str, records: str) -> float:
    """`ingest.reading.read` of a compressed report; the bounds are raised so far that it fits."""
    from ingest import reading
    from ingest.model import Fate, Origin, RawMail
    from ingest.settings import Limits

    body, number = Path(path).read_bytes(), int(records)
    limits = Limits(
        mail_bytes=10**10, payload_bytes=10**10, mail_payload_bytes=10**10, records=max(200_000, 2 * number)
    )
    start = time.perf_counter()
    found = reading.read(RawMail(Origin(), body, vouched=True), limits)
    taken_s = time.perf_counter() - start
    (payload,) = found.payloads
    if (payload.fate, payload.xml_records) != (Fate.ACCEPTED, number):
        raise AssertionError(f"{payload.fate}: {payload.reason}")
    return taken_s


def theirs(path: str, records: str) -> float:
    """`parsedmarc.parse_aggregate_report_xml` of the same, uncompressed before."""
    from parsedmarc import parse_aggregate_report_xml

    text = gzip.decompress(Path(path).read_bytes()).decode()
    start = time.perf_counter()
    found = parse_aggregate_report_xml(text, offline=True, always_use_local_files=True)
    taken_s = time.perf_counter() - start
    if len(found["records"]) != int(records):
        raise AssertionError(f"parsedmarc found {len(found['records'])} records")
    return taken_s


def tokens(path: str) -> float:
    """Expat without a handler, the median of three: what any reader of this XML needs at least."""
    from xml.parsers import expat

    xml, taken = gzip.decompress(Path(path).read_bytes()), []
    for _ in range(3):
        start = time.perf_counter()
        expat.ParserCreate().Parse(xml, True)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def insert(filled: str, empty: str) -> float:
    """DuckDB keeping the records of a database, which are an Arrow table already, in another one."""
    from ingest.store.connect import Database

    with Database(Path(filled)).read() as connection:
        table = connection.execute("SELECT * FROM record").to_arrow_table()
    with Database(Path(empty)).write():
        pass
    start = time.perf_counter()
    with Database(Path(empty)).write() as connection:
        connection.register("batch", table)
        connection.execute("INSERT INTO record BY NAME SELECT * FROM batch")
    return time.perf_counter() - start


def questions(path: str, repeats: str) -> dict[str, float]:
    """Seconds that each question of the dashboard's pages takes: the median of several, after a first one."""
    from tests.bench import questions as asked

    return asked.timed(Path(path), int(repeats))


def peak_mb() -> float:
    """The most memory that this process ever held, MiB."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except FileNotFoundError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * 1024)  # bytes on macOS
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


JOBS: dict[str, Callable[..., Any]] = {job.__name__: job for job in (ours, theirs, tokens, insert, questions)}

if __name__ == "__main__":
    answer = JOBS[sys.argv[1]](*sys.argv[2:])
    print(json.dumps({"answer": answer, "peak_mb": peak_mb()}))
