"""The process that parses: mails in, what was read out. It limits itself, knows no database, and ends when nobody listens.

Every answer is a tuple: ("ready",); ("at", number) before a mail of a portion is looked at, and with their number before what was found in all of them
is read together; ("mails", those mails); ("memory",) when that place needs more than is allowed; ("fault", what) when the machine failed, not a mail.
"""

from __future__ import annotations

import errno
import gc
import os
import resource
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from ingest.frames import LENGTH_BYTES, length, packed, unpacked
from ingest.model import Origin, RawMail
from ingest.reading import read_all

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.settings import Limits, Parsing, WorkerSettings

GARBAGE_OBJECTS = 50_000
STATUS = Path("/proc/self/status")
_MACHINE = {errno.EMFILE, errno.ENFILE, errno.ENOSPC, errno.EIO, errno.ENOMEM}
_WARM_UP = (
    b"<feedback><report_metadata><org_name>a.example</org_name><email>a@a.example</email><report_id>1</report_id>"
    b"<date_range><begin>0</begin><end>1</end></date_range></report_metadata><policy_published><domain>a.example</domain>"
    b"</policy_published><record><row><source_ip>192.0.2.1</source_ip><count>1</count><policy_evaluated><dkim>pass</dkim><spf>fail</spf>"
    b"</policy_evaluated></row><identifiers><header_from>a.example</header_from></identifiers></record></feedback>"
)


@dataclass(frozen=True, slots=True)
class _Settings:
    limits: Limits
    worker: WorkerSettings
    parsing: Parsing


def main() -> None:
    """Read mails until the pipe is closed."""
    inbox, outbox = _channels()
    limits, worker, parsing, parent = _received(inbox)
    settings = _Settings(limits, worker, parsing)
    _outlive_nobody(parent)
    read_all([RawMail(Origin(path=""), b"Subject: a\n\n" + _WARM_UP)], limits, parsing)
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_OBJECTS)
    _bound(worker.memory_mb)
    _send(outbox, ("ready",))
    while mails := _received(inbox):
        _answer(outbox, mails, settings)


def _channels() -> tuple[BinaryIO, BinaryIO]:
    """The two pipes, out of reach of anything that prints."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # meant for the parent, which ends us when it ends
        signal.signal(number, signal.SIG_IGN)
    inbox, outbox = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb", buffering=0)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    os.close(nothing)
    return inbox, outbox


def _outlive_nobody(parent: int) -> None:
    """Linux ends this process together with the thread that started it; elsewhere the closed pipe or the timer does."""
    if sys.platform == "linux":
        import ctypes

        set_death_signal = 1
        ctypes.CDLL(None).prctl(set_death_signal, signal.SIGKILL)
    if os.getppid() != parent:
        raise SystemExit


def _bound(memory_mb: int) -> None:
    """From here on an allocation past what is in use now and `memory_mb` fails. Without /proc only time is limited."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
    if STATUS.exists():
        lines = dict(line.split(":", 1) for line in STATUS.read_text(encoding="ascii").splitlines())
        in_use = int(lines["VmData"].split()[0]) << 10
        limit = in_use + (memory_mb << 20)
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def _answer(outbox: BinaryIO, mails: Sequence[RawMail], settings: _Settings) -> None:
    def beginning(number: int) -> None:
        signal.setitimer(signal.ITIMER_REAL, settings.worker.timeout_s)  # its signal ends the process, whatever it does
        _send(outbox, ("at", number))

    try:
        _send(outbox, ("mails", tuple(read_all(mails, settings.limits, settings.parsing, beginning=beginning))))
    except MemoryError:
        pass
    except OSError as error:
        if error.errno not in _MACHINE:
            raise
        _send(outbox, ("fault", f"{error}"))
        return
    else:
        return
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    _send(outbox, ("memory",))


def _received(inbox: BinaryIO) -> tuple[Any, ...]:
    """The next frame; nothing when the other side is gone."""
    head = inbox.read(LENGTH_BYTES)
    if len(head) < LENGTH_BYTES:
        return ()
    content = inbox.read(length(head))
    return tuple(unpacked(content)) if len(content) == length(head) else ()


def _send(outbox: BinaryIO, answer: object) -> None:
    rest = memoryview(packed(answer))
    while rest:
        rest = rest[outbox.write(rest) :]
