"""What goes through the pipes to and from the parsing processes: values of our own model, length first."""

from __future__ import annotations

import io
import pickle
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

LENGTH_BYTES = 8
_MODULES = ("ingest.model", "ingest.records", "ingest.settings")


class BadFrame(Exception):
    """The other side sent what it never should."""


def packed(value: object) -> bytes:
    """The value as one frame."""
    content = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    return len(content).to_bytes(LENGTH_BYTES, "big") + content


def length(head: bytes | bytearray) -> int:
    """How many bytes follow such a head."""
    return int.from_bytes(head, "big")


def unpacked(content: bytes) -> Any:
    """The value in a frame. Nothing but our nouns is ever built: the sender reads hostile mail.

    Raises:
        BadFrame: anything else is in it.
    """
    try:
        return _OurNouns(io.BytesIO(content)).load()
    except (pickle.UnpicklingError, EOFError, AttributeError, TypeError, ValueError, IndexError, KeyError) as error:
        raise BadFrame(f"{type(error).__name__}: {error}") from error


class Assembly:
    """Frames out of whatever pieces a pipe gives."""

    def __init__(self) -> None:
        self._received = bytearray()

    def feed(self, piece: bytes) -> Iterator[Any]:
        """The values that `piece` completes."""
        self._received += piece
        while len(self._received) >= LENGTH_BYTES:
            end = LENGTH_BYTES + length(self._received[:LENGTH_BYTES])
            if len(self._received) < end:
                return
            content = bytes(memoryview(self._received)[LENGTH_BYTES:end])
            del self._received[:end]
            yield unpacked(content)


class _OurNouns(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if module in _MODULES or (module, name) == ("datetime", "datetime"):
            found = super().find_class(module, name)
            if isinstance(found, type) and found.__module__ == module:
                return found
        raise pickle.UnpicklingError(f"{module}.{name} has no place in a frame")
