"""The same port over what lies on disk: mails, reports, archives, folders, mbox files and Maildirs."""

from __future__ import annotations

import mailbox
import os
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ingest.errors import SettingsError
from ingest.model import Origin, RawMail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from ingest.model import Fate, Outcome

_MBOX = re.compile(rb"\AFrom \S+.*\d{4}\r?\n")


class FileMailbox:
    """Everything under some paths, in the order of their names. Nothing on disk is ever changed."""

    name = "files"

    def __init__(self, paths: Sequence[Path]) -> None:
        """Look the paths up.

        Raises:
            SettingsError: a path does not exist, or a folder cannot be read.
        """
        for path in paths:
            if not path.exists():
                raise SettingsError(f"{path}: no such file or folder")
        try:
            self._files = [file for path in paths for file in _files(path, frozenset())]
        except OSError as error:
            raise SettingsError(f"{error.filename}: {error.strerror}") from error

    def count(self) -> int | None:
        """How many files; an mbox counts once."""
        return len(self._files)

    def unseen(self, known: Callable[[str, str, int], set[int]]) -> Iterator[RawMail]:  # noqa: ARG002 - the port's shape
        """Every mail in every file. What is known is found out by the store, from the bytes."""
        for path in self._files:
            yield from _mails(path)

    def refile(self, fates: Callable[[str, str, int], Mapping[int, Fate]]) -> int:  # noqa: ARG002 - the port's shape
        """Nothing: files stay where they are."""
        return 0

    def file(self, outcomes: Sequence[Outcome]) -> None:
        """Nothing: files stay where they are."""

    def close(self) -> None:
        """Nothing is held open."""


def _files(path: Path, above: frozenset[Path]) -> Iterator[Path]:
    """The files under `path`; links that lead back up, pipes and sockets are passed over."""
    if path.is_file():
        yield path
        return
    real = path.resolve()
    if not path.is_dir() or real in above:
        return
    if _is_maildir(path):
        children = [child for part in ("cur", "new") for child in (path / part).iterdir()]
        children += [child for child in path.iterdir() if child.is_dir() and _is_maildir(child)]
    else:
        children = [child for child in path.iterdir() if not child.name.startswith(".")]
    for child in sorted(children, key=_by_name):
        yield from _files(child, above | {real})


def _by_name(path: Path) -> str:
    return path.name


def _is_maildir(path: Path) -> bool:
    return all((path / part).is_dir() for part in ("cur", "new", "tmp"))


def _mails(path: Path) -> Iterator[RawMail]:
    try:
        with path.open("rb") as file:
            head = file.read(1000)
            body = None if _MBOX.match(head) else head + file.read()
        if body is None:
            yield from _from_mbox(path)
        else:
            yield RawMail(Origin(path=_shown(path)), body, vouched=True)
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from error


def _shown(path: Path) -> str:
    """The path as text that can be stored: a name need not be UTF-8."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _from_mbox(path: Path) -> Iterator[RawMail]:
    box = mailbox.mbox(path, create=False)
    try:
        for key in box.iterkeys():
            body = box.get_bytes(key)
            yield RawMail(
                Origin(path=f"{_shown(path)}#{int(key) + 1}"),
                body,
                _delivered(box.get_message(key).get_from()),
                vouched=True,
            )
    finally:
        box.close()


def _delivered(separator: str) -> datetime | None:
    """When the mail was put into the mbox, by its "From " line."""
    try:
        return (
            datetime.strptime(separator.partition(" ")[2].strip(), "%a %b %d %H:%M:%S %Y")
            .replace(tzinfo=UTC)
            .replace(tzinfo=None)
        )
    except ValueError:
        return None
