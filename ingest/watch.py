"""The loop around a poll: again after an interval, at once when mail came, later and later while something is wrong."""

from __future__ import annotations

import logging
import queue
import random
import signal
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.errors import SettingsError, WhosendsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

_log = logging.getLogger(__name__)

_SLICE_S = 0.5  # how soon `stop` is noticed


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to wait, in seconds."""

    interval_s: float = 300.0
    settle_s: float = 2.0  # after being woken: mails come in bursts
    first_retry_s: float = 5.0
    longest_retry_s: float = 900.0

    def retry_s(self, failures: int, chance: float) -> float:
        """The pause after so many failures in a row (from 1): doubled each time, up to the longest, times 0.5 to 1 by `chance`."""
        doubled = self.first_retry_s * 2.0 ** min(failures - 1, 30)
        return min(self.longest_retry_s, doubled) * (0.5 + chance / 2)


@dataclass(frozen=True, slots=True)
class Signals:
    """What the loop listens to: `stop` ends it, `wake` ends the pause between two polls."""

    stop: threading.Event = field(default_factory=threading.Event)
    wake: threading.Event = field(default_factory=threading.Event)

    def pause(self, seconds: float, *, wakeable: bool) -> None:
        """Returns after that time, or soon after `stop` is set, or `wake` if `wakeable`."""
        until = time.monotonic() + seconds
        while not self.stop.is_set() and (left := until - time.monotonic()) > 0:
            if wakeable and self.wake.wait(min(_SLICE_S, left)):
                return
            if not wakeable:
                self.stop.wait(min(_SLICE_S, left))


def watch(
    poll: Callable[[], object],
    signals: Signals,
    pace: Pace,
    *,
    chance: Callable[[], float] = random.random,
    pause: Callable[[Signals, float, bool], None] | None = None,
) -> None:
    """Returns when `signals.stop` is set. A poll that fails is logged and tried again; nothing it committed is lost.

    Raises:
        SettingsError: only a change of the configuration helps.
    """
    rest = pause or _pause
    failures = 0
    while not signals.stop.is_set():
        signals.wake.clear()
        failures = 0 if _poll_logged(poll) else failures + 1
        if failures:
            retry_s = pace.retry_s(failures, chance())
            _log.info("trying again in %.0f s", retry_s)
            rest(signals, retry_s, False)
            continue
        rest(signals, pace.interval_s, True)
        if signals.wake.is_set():
            rest(signals, pace.settle_s, False)


@contextmanager
def stopped_by_signals(signals: Signals) -> Iterator[None]:
    """Inside the block SIGTERM and SIGINT set `signals.stop`; a second one acts as if there were no block. Main thread only."""
    # A handler runs between two steps of the main thread, which may hold the lock of an Event just then. SimpleQueue.put is
    # made for that place, so a thread of its own sets the event.
    arrived: queue.SimpleQueue[int | None] = queue.SimpleQueue()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def note(number: int, _frame: FrameType | None) -> None:
        arrived.put(number)
        restore()

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def obey() -> None:
        if arrived.get() is not None:
            signals.stop.set()

    thread = threading.Thread(target=obey, name="stop-signal", daemon=True)
    thread.start()
    for number in before:
        signal.signal(number, note)
    try:
        yield
    finally:
        restore()
        arrived.put(None)
        thread.join()


def _pause(signals: Signals, seconds: float, wakeable: bool) -> None:  # noqa: FBT001 - the shape of a callback
    signals.pause(seconds, wakeable=wakeable)


def _poll_logged(poll: Callable[[], object]) -> bool:
    try:
        poll()
    except SettingsError:
        raise
    except WhosendsError as error:
        _log.error("%s%s", error.message, f" ({error.hint})" if error.hint else "")
        return False
    except Exception:  # noqa: BLE001 - the loop must live on; the traceback is logged
        _log.exception("the poll failed in a way that whosends does not know; it goes on")
        return False
    return True
