"""The dashboard as `whosends serve` starts it, in a process of its own, and what a page must be before it is looked at."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[2]
ATTACK = "<script>document.title='owned'</script> [x](javascript:alert(1)) ![](http://evil.example/x.png)"
START = """
import sys
from pathlib import Path
from dashboards.serve import serve
from ingest.settings import Settings
serve(Settings(db=Path(sys.argv[1])), host="127.0.0.1", port=int(sys.argv[2]), open_browser=False)
"""


@contextmanager
def served(path: Path, log: Path) -> Iterator[str]:
    """The dashboard of that database in a process of its own; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("WHOSENDS", "STREAMLIT"))}
    command = [sys.executable, "-c", START, str(path), str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=path.parent, env=environment | {"PYTHONPATH": str(ROOT)}, stdout=output, stderr=output
        )
        try:
            _wait_for(f"http://127.0.0.1:{port}/_stcore/health", process, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=20)


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=2):  # noqa: S310 - our own server on loopback
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    pytest.fail(f"the dashboard did not start: {log.read_text(encoding='utf-8', errors='replace')[-2000:]}")


def settled(page: Page) -> None:
    """The page has run to its end and shows no error."""
    page.wait_for_selector(".st-key-top", timeout=30_000)
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]', timeout=30_000)
    page.wait_for_timeout(350)  # charts and tables draw themselves after the script ended
    assert page.locator('[data-testid="stException"]').count() == 0
    assert page.locator(".st-key-trouble").count() == 0
