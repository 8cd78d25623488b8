"""What holds for the whole suite: where nothing may be skipped, a skip is a failure."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

NO_SKIP = bool(os.environ.get("WHOSENDS_NO_SKIP"))
ZONELESS = {  # long, and nothing in them depends on a time zone: once is enough
    *("test_hostile_mails.py", "test_bombs.py", "test_worker.py", "test_worker_process.py", "test_mutations.py"),
    *("test_columnar_bounds.py", "test_columnar_laws.py", "test_reporter.py"),
    *(
        "test_encodings.py",
        "test_aliases.py",
        "test_results.py",
        "test_settings.py",
        "test_lines.py",
        "test_recognise.py",
    ),
    *(
        "test_rules.py",
        "test_verdict_words.py",
        "test_ask.py",
        "test_starting.py",
        "test_frames.py",
        "test_page_size.py",
    ),
    *("test_processes.py", "test_backup.py", "test_imap_cuts.py", "test_imap_login.py", "test_imap_idle.py"),
    *(
        "test_house.py",
        "test_unpack.py",
        "test_signature.py",
        "test_csv_text.py",
        "test_demo_story.py",
        "test_serve.py",
    ),
}


ABOUT_TIME = {
    "test_days.py",
    "test_window.py",
    "test_rates.py",
    "test_charts.py",
}  # whose laws may depend on where one is


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what need not run again in another time zone: what is named above, and laws that were tried on many inputs already."""
    for item in items:
        is_law = getattr(getattr(item, "function", None), "is_hypothesis_test", False)
        if item.path.name in ZONELESS or (is_law and item.path.name not in ABOUT_TIME):
            item.add_marker(pytest.mark.zoneless)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With WHOSENDS_NO_SKIP set, a test that would be skipped fails and says why it was going to be."""
    report = yield
    if NO_SKIP and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, but nothing may be skipped here: {report.longrepr}"
    return report
