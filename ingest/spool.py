"""Raw deliveries on disk, by the sha256 of their bytes: the evidence, and what everything else can be rebuilt from."""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from typing import TYPE_CHECKING

from ingest.disk import sync_all
from ingest.errors import StoreError, refused_by_system
from ingest.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ingest.model import RawMail, ReadMail

COMPRESSION = 1  # most reports are compressed already


class DiskSpool:
    """A folder of `ab/abcdef….gz` files. A file is complete and on disk, or not there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.journal = Journal(folder)

    def keep(self, mails: Sequence[RawMail]) -> None:
        """All `mails` are on disk, fsynced with their folders, and then in the journal, when this returns.

        Raises:
            StoreError: the disk refused; whatever was written before stays and is harmless.
        """
        try:
            paths = {self._path(mail.sha256): mail.body for mail in mails}
            self._add({path: body for path, body in paths.items() if not path.exists()})
            if mails:  # also for files that are there: whoever wrote them may have been killed before this step
                sync_all({self.folder.parent, self.folder, *(path.parent for path in paths)})
        except OSError as error:
            raise refused_by_system(self.folder, error, hint="is the disk full, or the folder read-only?") from error
        self.journal.deliveries(mails)

    def _add(self, bodies: Mapping[Path, bytes]) -> None:
        """Each body is at its path as a whole, on disk. What could not be finished leaves nothing behind."""
        unfinished = {path: path.with_name(f".{path.name}.{os.getpid()}") for path in bodies}
        try:
            for path, body in bodies.items():
                self._write(unfinished[path], body)
            sync_all(unfinished.values())
            for path, draft in unfinished.items():
                draft.replace(path)
        except OSError:
            for draft in unfinished.values():
                draft.unlink(missing_ok=True)
            raise

    def judged(self, mails: Sequence[ReadMail]) -> None:
        """The trust levels of their reports are in the journal, when this returns.

        Raises:
            StoreError: the disk refused.
        """
        self.journal.verdicts(mails)

    def load(self, sha256: str) -> bytes | None:
        """The bytes of one delivery; None when they are not here.

        Raises:
            StoreError: the file is there, but does not hold these bytes.
        """
        try:
            body = gzip.decompress(self._path(sha256).read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, EOFError, zlib.error) as error:
            raise self._damaged(sha256, str(error)) from error
        if hashlib.sha256(body).hexdigest() != sha256:
            raise self._damaged(sha256, "other bytes than its name says")
        return body

    def names(self) -> set[str]:
        """The sha256 of every delivery that is here."""
        return {path.name.removesuffix(".gz") for path in self.folder.glob("??/*.gz") if not path.name.startswith(".")}

    def _damaged(self, sha256: str, problem: str) -> StoreError:
        return StoreError(f"{self._path(sha256)}: {problem}", hint="the spool is damaged; restore it from a backup")

    def _path(self, sha256: str) -> Path:
        return self.folder / sha256[:2] / f"{sha256}.gz"

    @staticmethod
    def _write(path: Path, body: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.write(gzip.compress(body, COMPRESSION, mtime=0))
