from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from ingest.errors import MailboxError, SettingsError, StoreBusy
from ingest.watch import Pace, Signals, stopped_by_signals, watch

if TYPE_CHECKING:
    from collections.abc import Iterable

PACE = Pace(interval_s=300, settle_s=2, first_retry_s=5, longest_retry_s=60)


class Polls:
    """Polls that end as told, one after the other; the last one stops the loop."""

    def __init__(self, signals: Signals, ends: Iterable[Exception | None]) -> None:
        self._signals = signals
        self._ends = list(ends)
        self.done = 0

    def __call__(self) -> None:
        self.done += 1
        end = self._ends.pop(0)
        if not self._ends:
            self._signals.stop.set()
        if end is not None:
            raise end


def pauses_of(ends: list[Exception | None], chance: float = 1.0) -> list[tuple[float, bool]]:
    """The pauses (seconds, wakeable) after each poll but the last."""
    signals = Signals()
    pauses: list[tuple[float, bool]] = []
    polls = Polls(signals, ends)
    watch(
        polls,
        signals,
        PACE,
        chance=lambda: chance,
        pause=lambda _signals, seconds, wakeable: pauses.append((seconds, wakeable)),
    )
    assert polls.done == len(ends)
    return pauses[:-1]


def test_polls_follow_each_other_after_the_interval() -> None:
    assert pauses_of([None, None, None]) == [(300, True), (300, True)]


def test_failures_in_a_row_make_the_pause_longer_up_to_a_bound() -> None:
    broken: list[Exception | None] = [MailboxError("no route"), StoreBusy("held")] * 3
    assert [seconds for seconds, _ in pauses_of([*broken, None])] == [5, 10, 20, 40, 60, 60]


def test_new_mail_does_not_shorten_the_pause_after_a_failure() -> None:
    assert [wakeable for _, wakeable in pauses_of([MailboxError("no route"), None])] == [False]


def test_chance_shortens_the_pause_by_up_to_half() -> None:
    assert pauses_of([MailboxError("no route"), None], chance=0.0) == [(2.5, False)]


def test_a_success_ends_the_row_of_failures() -> None:
    found = pauses_of([MailboxError("a"), MailboxError("b"), None, MailboxError("c"), None])
    assert [seconds for seconds, _ in found] == [5, 10, 300, 5]


def test_a_known_failure_is_logged_in_a_line_with_its_hint(caplog: pytest.LogCaptureFixture) -> None:
    pauses_of([MailboxError("mailbox a: no route", hint="check the cable"), None])
    assert "mailbox a: no route (check the cable)" in caplog.text
    assert "Traceback" not in caplog.text


def test_our_bug_is_logged_with_its_traceback_and_the_loop_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    assert pauses_of([ZeroDivisionError("oh"), None]) == [(5, False)]
    assert "ZeroDivisionError: oh" in caplog.text


def test_wrong_settings_end_the_loop() -> None:
    with pytest.raises(SettingsError):
        watch(Polls(Signals(), [SettingsError("no password"), None]), Signals(), PACE)


def test_ctrl_c_in_a_poll_ends_the_loop() -> None:
    def poll() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        watch(poll, Signals(), PACE)


def test_being_woken_starts_the_next_poll_after_a_moment() -> None:
    signals = Signals()
    pauses: list[float] = []

    def pause(_signals: Signals, seconds: float, _wakeable: bool) -> None:  # noqa: FBT001
        pauses.append(seconds)
        signals.wake.set()

    watch(Polls(signals, [None, None]), signals, PACE, pause=pause)
    assert pauses[:2] == [300, 2]


@pytest.mark.parametrize("which", ["stop", "wake"])
def test_a_pause_ends_early_when_asked(which: str) -> None:
    signals = Signals()
    thread = threading.Thread(target=signals.pause, args=(3600,), kwargs={"wakeable": True})
    thread.start()
    getattr(signals, which).set()
    thread.join(30)
    assert not thread.is_alive()


def test_a_stopped_loop_polls_no_more() -> None:
    signals = Signals()
    signals.stop.set()
    polls = Polls(signals, [None])
    watch(polls, signals, PACE)
    assert polls.done == 0


PROGRAM = """
import sys
from ingest.watch import Pace, Signals, stopped_by_signals, watch
signals = Signals()
with stopped_by_signals(signals):
    watch(lambda: print("polled", flush=True), signals, Pace(interval_s=3600))
print("stopped", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_loop_cleanly(number: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "polled\n"
        process.send_signal(number)
        assert process.stdout.read() == "stopped\n"
    assert process.returncode == 0


def test_the_handlers_from_before_come_back() -> None:
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    signals = Signals()
    with stopped_by_signals(signals):
        os.kill(os.getpid(), signal.SIGTERM)
        assert signals.stop.wait(30)
        assert signal.getsignal(signal.SIGTERM) is before[0]
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


def test_retries_never_overflow(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        assert PACE.retry_s(10_000, 1.0) == 60
