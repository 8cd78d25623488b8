"""What an iterator gives, made in a thread of its own while the caller is busy with what it gave before."""

from __future__ import annotations

import queue
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_T = TypeVar("_T")

LOOK_S = 0.1  # how often a full queue asks whether anybody still wants it
GRACE_S = 5.0  # a thread that waits for the network when the caller goes is not waited for longer


class Ahead(Generic[_T]):
    """The items in their order; an error comes when all items before it were taken."""

    def __init__(self, items: Iterable[_T], depth: int) -> None:
        self._items = items
        self._made: queue.Queue[_T] = queue.Queue(depth)
        self._unwanted = threading.Event()
        self._changed = threading.Condition()
        self._is_over = False
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._make, name="ahead", daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[list[_T]]:
        """All that is there, at least one item, again and again until there is none any more."""
        while found := self.take():
            yield found

    def take(self) -> list[_T]:
        """Everything that was made meanwhile; waits for one item, and is empty after the last.

        Raises:
            BaseException: whatever the iterator raised, when nothing that it gave before is left.
        """
        with self._changed:
            self._changed.wait_for(lambda: not self._made.empty() or self._is_over)
        found: list[_T] = []
        while True:
            try:
                found.append(self._made.get_nowait())
            except queue.Empty:
                break
        if not found and self._error is not None:
            raise self._error
        return found

    def close(self) -> None:
        """Nobody wants more: the thread ends after the item that it is at."""
        self._unwanted.set()
        self._thread.join(GRACE_S)

    def _make(self) -> None:
        try:
            for item in self._items:
                if not self._put(item):
                    break
        except BaseException as error:  # noqa: BLE001 - it is raised again where the items are taken
            self._error = error
        finally:
            with self._changed:
                self._is_over = True
                self._changed.notify_all()

    def _put(self, item: _T) -> bool:
        while not self._unwanted.is_set():
            try:
                self._made.put(item, timeout=LOOK_S)
            except queue.Full:
                continue
            with self._changed:
                self._changed.notify_all()
            return True
        return False


@contextmanager
def ahead(items: Iterable[_T], depth: int) -> Iterator[Ahead[_T]]:
    """The items, at most `depth` of them waiting; the thread ends with the block."""
    made = Ahead(items, depth)
    try:
        yield made
    finally:
        made.close()
