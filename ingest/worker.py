"""Reads mails in a few processes of their own, so that a hostile one costs a process and not the run.

Results come in the order of the mails and do not depend on the number of processes: a mail that a process could not finish is read once more, alone, in
a fresh one, and what happens there is final.
"""

from __future__ import annotations

import os
import select
import signal
import weakref
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from ingest.errors import WorkerError
from ingest.frames import BadFrame
from ingest.model import Fate, Kind, ReadMail, ReadPayload
from ingest.settings import Parsing
from ingest.worker_handle import HINT, WorkerHandle

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ingest.model import RawMail
    from ingest.settings import Limits, WorkerSettings

AUTOMATIC = 2  # processes when the settings leave it to us
TASK_MAILS = 40
TASK_BYTES = 1_000_000
SMALL_BYTES = 3_000_000  # below, one process keeps up with us: another costs more to start than it saves
TRIES = 2
STARTS = 3
LONGEST_WAIT_S = 3_600.0


class Workers:
    """A `ReadBatch` in other processes. They start when first needed and end with `close`."""

    def __init__(self, limits: Limits, settings: WorkerSettings, parsing: Parsing | None = None) -> None:
        self._limits = limits
        self._parsing = parsing or Parsing()
        self._settings = settings
        self._handles: list[WorkerHandle] = []
        self._false_starts = 0  # in a row
        weakref.finalize(self, _end, self._handles)

    def __enter__(self) -> Self:
        """Nothing is started yet."""
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pids(self) -> list[int]:
        """The processes that run now."""
        return [handle.pid for handle in self._handles]

    def __call__(self, mails: Sequence[RawMail]) -> list[ReadMail]:
        """Every mail read, in order. One that needs too much is quarantined as hostile.

        Raises:
            WorkerError: the machine cannot do it now; no mail is to blame.
        """
        batch = _Batch(mails, self._wanted(mails))
        try:
            while not batch.is_done:
                self._staff(batch)
                self._turn(batch)
        except (OSError, MemoryError, BadFrame) as error:
            self.close()
            raise WorkerError(f"mails cannot be read now: {error or type(error).__name__}", hint=HINT) from error
        except BaseException:
            self.close()
            raise
        return batch.results()

    def start(self) -> None:
        """A process starts now, so that it is ready when the first mails are on disk."""
        if not self._handles:
            handle = WorkerHandle(self._limits, self._settings, self._parsing)
            self._handles.append(handle)
            handle.send()

    def close(self) -> None:
        """No process of ours is left."""
        _end(self._handles)

    def _wanted(self, mails: Sequence[RawMail]) -> int:
        if self._settings.processes:
            return self._settings.processes
        small = sum(len(mail.body) for mail in mails) < SMALL_BYTES
        return 1 if small else min(AUTOMATIC, os.cpu_count() or 1)

    def _staff(self, batch: _Batch) -> None:
        """Everybody has work, as far as there is any."""
        for handle in [handle for handle in self._handles if not handle.pending]:
            if not handle.is_alive or (batch.suspects and handle.answered):
                self._dismiss(handle)
            elif batch.suspects:
                self._give(handle, [batch.suspects.popleft()], batch)
            elif batch.tasks:
                self._give(handle, batch.tasks.popleft(), batch)
        while len(self._handles) < batch.processes and (batch.suspects or batch.tasks):
            handle = WorkerHandle(self._limits, self._settings, self._parsing)
            self._handles.append(handle)
            self._give(handle, [batch.suspects.popleft()] if batch.suspects else batch.tasks.popleft(), batch)

    def _give(self, handle: WorkerHandle, numbers: list[int], batch: _Batch) -> None:
        handle.give(numbers, [batch.mails[number] for number in numbers])

    def _dismiss(self, handle: WorkerHandle) -> tuple[int, str]:
        self._handles.remove(handle)
        return handle.end()

    def _turn(self, batch: _Batch) -> None:
        """Wait until a process says something, takes something or is late; then deal with it."""
        speaking = {handle.outbox: handle for handle in self._handles}
        listening = {handle.inbox: handle for handle in self._handles if handle.has_words}
        wait_s = max(0.0, min(handle.left_s() for handle in self._handles))
        ready = _ready(speaking, listening, min(wait_s, LONGEST_WAIT_S))
        silent = [handle for pipe, handle in speaking.items() if pipe not in ready]
        for pipe in ready & listening.keys():
            listening[pipe].send()
        for pipe in ready & speaking.keys():
            self._hear(speaking[pipe], batch)
        for handle in silent:
            if handle.left_s() <= 0:
                self._lost(handle, batch, late=True)

    def _hear(self, handle: WorkerHandle, batch: _Batch) -> None:
        try:
            for answer in handle.listen():
                self._take(handle, answer, batch)
        except EOFError:
            self._lost(handle, batch)

    def _take(self, handle: WorkerHandle, answer: tuple[Any, ...], batch: _Batch) -> None:
        match answer:
            case ("ready",):
                handle.ready = True
                self._false_starts = 0
            case ("at", int(place)) if 0 <= place <= len(handle.pending):
                handle.place = place
            case ("mails", tuple(found)) if len(found) == len(handle.pending) and all(map(_is_mail, found)):
                batch.finish(handle.pending, found)
                handle.done()
            case ("memory",) if handle.pending:
                batch.blame_at(
                    handle.pending, handle.place, f"reading it takes more than {self._settings.memory_mb} MB"
                )
                handle.done()
            case ("fault", str(what)):
                raise OSError(what)
            case _:
                raise BadFrame(f"unexpected answer {answer!r:.100}")
        handle.restart_clock()

    def _lost(self, handle: WorkerHandle, batch: _Batch, *, late: bool = False) -> None:
        """The process is gone. The mail that it was at is the suspect; the others go back."""
        waiting, place = list(handle.pending), handle.place
        status, words = self._dismiss(handle)
        if not handle.ready:
            batch.put_back(waiting)
            self._false_starts += 1
            if self._false_starts >= STARTS:
                raise OSError(f"a process for it ended while it started: {words or f'exit status {status}'}")
        elif waiting:
            batch.blame_at(waiting, place, self._cause(status, words, late=late))

    def _cause(self, status: int, words: str, *, late: bool) -> str:
        if late or status == -signal.SIGALRM:
            return f"reading it takes longer than {self._settings.timeout_s:g} s"
        if status < 0:
            return f"the process that read it was ended by signal {-status}"
        return f"the process that read it ended with exit status {status}: {words}"


@dataclass(slots=True)
class _Batch:
    """The mails to read, what is still to do, and what was found."""

    mails: Sequence[RawMail]
    processes: int
    tasks: deque[list[int]] = field(init=False)
    suspects: deque[int] = field(default_factory=deque)  # each to be read alone, in a fresh process
    _found: dict[int, ReadMail] = field(default_factory=dict)
    _tries: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tasks = deque(_tasks(self.mails, min(TASK_MAILS, -(-len(self.mails) // self.processes))))

    @property
    def is_done(self) -> bool:
        return len(self._found) == len(self.mails)

    def results(self) -> list[ReadMail]:
        return [self._found[number] for number in range(len(self.mails))]

    def put_back(self, numbers: list[int]) -> None:
        """They were not looked at; a suspect stays one."""
        untried = [number for number in numbers if number not in self._tries]
        self.suspects.extend(number for number in numbers if number in self._tries)
        if untried:
            self.tasks.appendleft(untried)

    def finish(self, numbers: Iterable[int], mails: Iterable[ReadMail]) -> None:
        self._found.update(zip(numbers, mails, strict=True))

    def blame_at(self, numbers: Iterable[int], place: int, cause: str) -> None:
        """Of a portion the mail at that place could not be read; the others were not looked at. Past the end nobody knows which it was."""
        portion = list(numbers)
        if place < len(portion):
            self.put_back([number for number in portion if number != portion[place]])
            self.blame(portion[place], cause)
        elif len(portion) == 1:
            self.blame(portion[0], cause)
        else:
            self.suspects.extend(portion)

    def blame(self, number: int, cause: str) -> None:
        """It could not be read: once more, or hostile."""
        self._tries[number] = self._tries.get(number, 0) + 1
        if self._tries[number] < TRIES:
            self.suspects.append(number)
        else:
            self._found[number] = hostile(self.mails[number], cause)


def _ready(speaking: Iterable[int], listening: Iterable[int], wait_s: float) -> set[int]:
    """The descriptors that have something to say or can take something, after at most `wait_s`."""
    poll = select.poll()
    for pipe in speaking:
        poll.register(pipe, select.POLLIN)
    for pipe in listening:
        poll.register(pipe, select.POLLOUT)
    return {pipe for pipe, _ in poll.poll(wait_s * 1_000)}


def _is_mail(found: object) -> bool:
    return isinstance(found, ReadMail)


def _end(handles: list[WorkerHandle]) -> None:
    while handles:
        handles.pop().end()


def _tasks(mails: Sequence[RawMail], most: int) -> list[list[int]]:
    """The numbers of the mails in portions of at most so many, which keep a process busy for a while."""
    tasks: list[list[int]] = []
    size = TASK_BYTES
    for number, mail in enumerate(mails):
        if size >= TASK_BYTES or len(tasks[-1]) >= most:
            tasks.append([])
            size = 0
        tasks[-1].append(number)
        size += len(mail.body)
    return tasks


def hostile(mail: RawMail, cause: str) -> ReadMail:
    """A mail that nobody can read within bounds: kept in the spool, shown, not counted."""
    held = ReadPayload("", mail.sha256, len(mail.body), Kind.OTHER, Fate.QUARANTINED, f"hostile: {cause}")
    return ReadMail(
        origin=mail.origin,
        sha256=mail.sha256,
        size=len(mail.body),
        received_utc=mail.received_utc,
        message_id=None,
        mail_from=None,
        subject=None,
        payloads=(held,),
    )
