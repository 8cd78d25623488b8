"""A disk that becomes full."""

from __future__ import annotations

import os
import subprocess
import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


class Disk:
    """A tmpfs on a folder, or nothing where mounting is not allowed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        command = ["mount", "-t", "tmpfs", "-o", "size=64m,mode=755", "tmpfs", str(folder)]
        self.mounted = os.getuid() == 0 and subprocess.run(command, check=False, capture_output=True).returncode == 0

    def limit(self, size: int) -> dict[str, Any]:
        """From now on it holds `size` bytes; or else what makes a poll behave as if."""
        if self.mounted:
            subprocess.run(["mount", "-o", f"remount,size={size}", str(self._folder)], check=True)
            return {}
        warnings.warn(
            "no tmpfs can be mounted here: a limit on the size of files stands in for the full disk", stacklevel=2
        )
        return {"limits": {"RLIMIT_FSIZE": size // 2}}

    def make_room(self) -> None:
        if self.mounted:
            subprocess.run(["mount", "-o", "remount,size=64m", str(self._folder)], check=True)

    def unmount(self) -> None:
        if self.mounted:
            subprocess.run(["umount", "--lazy", str(self._folder)], check=True)
