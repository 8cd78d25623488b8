"""Writes the demo mailbox as .eml files: `python -m dashboards.demo.write DIR [TODAY [SEED]]`."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from pathlib import Path

from dashboards.demo.company import SEED, mails


def write(folder: Path, today: date, seed: int = SEED) -> int:
    """The folder holds one .eml per mail, named in the order of arrival; returns how many."""
    folder.mkdir(parents=True, exist_ok=True)
    number = 0
    for number, mail in enumerate(mails(today, seed), start=1):
        path = folder / f"{number:05}-{mail.received_utc:%Y%m%dT%H%M%S}.eml"
        path.write_bytes(mail.body)
    return number


def main(arguments: list[str]) -> None:
    """Write the mails into the folder that the first argument names."""
    if not arguments:
        sys.exit("usage: python -m dashboards.demo.write DIR [TODAY [SEED]]")
    today = date.fromisoformat(arguments[1]) if len(arguments) > 1 else datetime.now(UTC).date()
    seed = int(arguments[2]) if len(arguments) > 2 else SEED
    number = write(Path(arguments[0]), today, seed)
    sys.stdout.write(f"{number} mails in {arguments[0]}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
