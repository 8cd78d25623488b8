"""Parts e to h: how fast questions are answered and the dashboard is there, and how small the file is."""

from __future__ import annotations

import shutil
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.compact import compact
from ingest.store.connect import Database
from tests.bench.bench import BIN
from tests.bench.lines import Line, Target, bounded, missing
from tests.bench.questions import DAYS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from tests.bench.bench import Bench

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
MILLION = 1_000_000
MOST_MS = {10 * MILLION: 150.0, 100 * MILLION: 300.0}
BLOCK_BYTES = 262_144


def e(bench: Bench) -> Iterator[Line]:
    """Every question of the pages and the commands that ask, at growing sizes."""
    for size in bench.sizes.databases:
        path = bench.database(size)
        bench.say(f"asking {size:,} records")
        answers, _ = bench.child("questions", path, bench.sizes.repeats)
        for name, taken_s in {**answers, **_commands(bench, path)}.items():
            bench.curves.setdefault(name, {})[size] = float(taken_s)
    yield from _grown(bench)


def _commands(bench: Bench, path: Path) -> dict[str, float]:
    """Seconds of whole commands; `export` writes the same days that a page shows."""
    first = Database(path).frame(f"SELECT max(day) - {DAYS - 1} AS day FROM v_report")["day"].iloc[0].date()  # noqa: S608 - a number
    out = bench.folder / f"{path.stem}-export"
    return {
        "whosends senders": bench.whosends_s("senders", "--db", path, "--json"),
        "whosends failing": bench.whosends_s("failing", "--db", path, "--json"),
        "whosends export": bench.whosends_s(
            "export", "--out", out, "--since", first.isoformat(), "--db", path, "--json"
        ),
    }


def _grown(bench: Bench) -> Iterator[Line]:
    sizes = bench.sizes.databases
    for name, taken in bench.curves.items():
        if name.startswith("whosends"):
            against = (f"{sizes[0]:,} records", taken[sizes[0]])
            yield bounded("e", f"{name}, {sizes[-1]:,} records", (taken[sizes[-1]], "s"), against)
            continue
        for size in [size for size in sizes if size in MOST_MS] or sizes[-1:]:
            against = (f"{sizes[0]:,} records", taken[sizes[0]] * 1000)
            target = Target(MOST_MS[size]) if size in MOST_MS else None
            yield bounded("e", f"{name}, {size:,} records", (taken[size] * 1000, "ms"), against, target)
    worst = {name: taken for name, taken in bench.curves.items() if not name.startswith("whosends")}
    if MILLION in sizes and sizes[-1] > MILLION:
        growth = {name: taken[sizes[-1]] / taken[MILLION] for name, taken in worst.items()}
        name = max(growth, key=growth.__getitem__)
        growing, against = Target(5, sizes[-1] == 100 * MILLION), (f"{MILLION:,} records", 1.0)
        yield bounded("e", f"growth to {sizes[-1]:,} records, worst: {name}", (growth[name], "x"), against, growing)


def f(bench: Bench) -> Iterator[Line]:
    """Seconds until the answer of the first page can be read, in a real browser."""
    size = bench.sizes.facts
    if not CHROMIUM.exists():
        yield missing("f", f"the dashboard, {size:,} records", f"{CHROMIUM} is not installed (Debian package chromium)")
        return
    from playwright.sync_api import sync_playwright

    path = bench.database(size)
    last = Database(path).frame("SELECT max(day) AS day FROM v_report")["day"].iloc[0]
    query = f"?since={(last - timedelta(days=DAYS - 1)).date()}&until={last.date()}"
    bench.say("opening the dashboard")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        plain_s = _plain_page_s(bench, browser)
        cold_s, warm_s = _dashboard_s(bench, browser, path, query)
        browser.close()
    against, judged = ("a page of one line, warm", plain_s), size >= 10 * MILLION
    yield bounded("f", f"dashboard, {size:,} records, cold", (cold_s, "s"), against, Target(2.5, judged))
    yield bounded("f", f"dashboard, {size:,} records, warm", (warm_s, "s"), against, Target(1.2, judged))


def _dashboard_s(bench: Bench, browser: Browser, path: Path, query: str) -> tuple[float, float]:
    """The first visit after the server started, and the median of later ones of new visitors."""
    from statistics import median

    from tests.fakes.dashboard import served

    with served(path, bench.folder / "serve.log") as address:
        cold_s = _visit_s(browser, address + "/" + query, ".st-key-answer")
        return cold_s, median(
            _visit_s(browser, address + "/" + query, ".st-key-answer") for _ in range(bench.sizes.repeats)
        )


def _plain_page_s(bench: Bench, browser: Browser) -> float:
    """What Streamlit itself needs: a page with one line of text."""
    import socket
    import subprocess
    import urllib.request

    script = bench.folder / "one_line.py"
    script.write_text("import streamlit as st\nst.container(key='line').text('x')\n", encoding="utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = [
        "--server.headless=true",
        f"--server.port={port}",
        "--server.address=127.0.0.1",
        "--browser.gatherUsageStats=false",
    ]
    command = [sys.executable, "-m", "streamlit", "run", str(script), *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(300):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2).close()
                    break
                except OSError:
                    time.sleep(0.1)
            _visit_s(browser, f"http://127.0.0.1:{port}/", ".st-key-line")
            return _visit_s(browser, f"http://127.0.0.1:{port}/", ".st-key-line")
        finally:
            process.terminate()


def _visit_s(browser: Browser, address: str, selector: str) -> float:
    """From the address to the text, in a profile that knows nothing."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    try:
        page = context.new_page()
        start = time.perf_counter()
        page.goto(address, wait_until="commit")
        page.wait_for_selector(selector, timeout=60_000)
        return time.perf_counter() - start
    finally:
        context.close()


def g(bench: Bench) -> Iterator[Line]:
    """The smallest commands, as whole processes."""
    path = bench.database(min(bench.sizes.databases))
    python_s = bench.median_s([sys.executable, "-c", "pass"])
    for name, arguments in (("--help", ["--help"]), ("status", ["status", "--db", str(path)])):
        taken_s = bench.median_s([str(BIN / "whosends"), *arguments])
        yield bounded("g", f"whosends {name}", (taken_s, "s"), ("python -c pass", python_s), Target(0.3))


def h(bench: Bench) -> Iterator[Line]:
    """What a record takes on the disk, as it came in and compacted."""
    size = bench.sizes.facts
    path = bench.folder / "compacted.duckdb"
    shutil.copyfile(bench.database(size), path)
    before = _bytes(path)
    bench.say(f"compacting {size:,} records")
    done = compact(Database(path), progress=lambda _done, _total: None)
    after = _bytes(path)
    for name, target in (("records and reports", Target(20, size >= 10 * MILLION)), ("whole file", None)):
        measured, against = after[name] / done.records, ("before compact", before[name] / done.records)
        yield bounded("h", f"{name}, {size:,} records", (measured, "bytes a record"), against, target)


def _bytes(path: Path) -> dict[str, int]:
    """What the file takes, and what of it the rows of the two tables of facts take, without their indexes."""
    with Database(path).read() as connection:
        blocks = connection.execute(
            "SELECT count(DISTINCT block_id) FROM (FROM pragma_storage_info('record') UNION ALL FROM pragma_storage_info('report')) "
            "WHERE block_id >= 0"
        ).fetchall()[0][0]
    return {"records and reports": int(blocks) * BLOCK_BYTES, "whole file": path.stat().st_size}
