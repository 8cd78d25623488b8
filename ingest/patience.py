"""Waits out what passes by itself: a busy database, a full disk, no memory or no file handles just then."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from ingest.errors import StoreBusy, StoreExhausted, WorkerError, exhausted

if TYPE_CHECKING:
    from collections.abc import Callable

_P = ParamSpec("_P")
_T = TypeVar("_T")

_log = logging.getLogger(__name__)

# Long enough for a backup or another program to let go, short enough for cron; `poll --watch` has longer pauses of its own.
PAUSES_S = (1.0, 5.0)


def patiently(step: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """What `step` gives. It is tried again, after a pause, where there was no room just then; it must be harmless to repeat.

    Raises:
        StoreBusy: the database was held by another program each time.
        StoreExhausted: disk, memory or file handles ran out each time.
        WorkerError: no process could be started to read mails each time.
    """
    for pause_s in PAUSES_S:
        try:
            return step(*args, **kwargs)
        except (StoreBusy, StoreExhausted, WorkerError, MemoryError, OSError) as error:
            if not is_transient(error):
                raise
            _log.warning("%s; trying again in %.0f s", _said(error).message, pause_s)
        time.sleep(pause_s)
    try:
        return step(*args, **kwargs)
    except (MemoryError, OSError) as error:
        if not exhausted(error):
            raise
        raise _said(error) from error


def patient(step: Callable[_P, _T]) -> Callable[_P, _T]:
    """The same function, called patiently."""

    def patiently_called(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        return patiently(step, *args, **kwargs)

    return patiently_called


def is_transient(error: BaseException) -> bool:
    """Whether it says nothing about the mail at hand, and may be gone a moment later."""
    return isinstance(error, (StoreBusy, StoreExhausted, WorkerError)) or exhausted(error)


def _said(error: BaseException) -> StoreBusy | StoreExhausted | WorkerError:
    if isinstance(error, (StoreBusy, StoreExhausted, WorkerError)):
        return error
    what = "out of memory" if isinstance(error, MemoryError) else str(getattr(error, "strerror", error))
    return StoreExhausted(
        f"this machine is short of something: {what}",
        hint="nothing was lost; poll again when there is room (memory, file handles, disk)",
    )
