"""Mails of every fate, loaded as `whosends load` does: database, raw mails and journal."""

from __future__ import annotations

import hashlib
import shutil
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from ingest import wiring
from ingest.settings import Settings
from tests.fakes.reports import gz, mail, record, report_bytes

if TYPE_CHECKING:
    import pandas as pd

WHOLE = report_bytes([record("10")], report_id="whole")
OLDER = report_bytes([record("20")], report_id="versions")
NEWER = report_bytes([record("30"), record("1")], report_id="versions")
PARTIAL = report_bytes([record("4"), record("x")], report_id="partial")
HELD = report_bytes([record("5")], report_id="held", begin=2, end=1)
UNREADABLE = report_bytes([], report_id="unreadable")
DATES = ("Tue, 03 Mar 2026 01:02:03 +0000", "Wed, 04 Mar 2026 01:02:03 +0000")
MAILS = {
    "1-whole.eml": mail(gz(WHOLE), message_id="<1@r.example>"),
    "2-older.eml": mail(gz(OLDER), message_id="<2@r.example>"),
    "3-newer.eml": mail(gz(NEWER), message_id="<3@r.example>", date=DATES[1]),
    "4-partial.eml": mail(gz(PARTIAL), message_id="<4@r.example>"),
    "5-held.xml": HELD,
    "6-unreadable.eml": mail(gz(UNREADABLE), message_id="<6@r.example>"),
    "7-words.eml": mail(text="nothing attached", message_id="<7@r.example>"),
    "8-copy.eml": mail(gz(WHOLE), message_id="<8@r.example>"),
}


def sha(content: bytes) -> str:
    """The name of a payload."""
    return hashlib.sha256(content).hexdigest()


def load(folder: Path, mails: dict[str, bytes] = MAILS, **settings: Any) -> Settings:
    """The mails are loaded into a database below `folder`, in the order of their names."""
    inbox = folder / "inbox"
    inbox.mkdir(parents=True, exist_ok=True)
    for name, body in mails.items():
        (inbox / name).write_bytes(body)
    made = Settings(db=folder / "kept.duckdb", **settings)
    for name in sorted(mails):
        wiring.load_paths(made, [inbox / name])
    return made


@cache
def _loaded() -> TemporaryDirectory[str]:
    """All of MAILS, loaded once a run; it vanishes with the process."""
    folder = TemporaryDirectory(prefix="whosends-kept-")
    load(Path(folder.name))
    return folder


def copied(folder: Path) -> Settings:
    """A database below `folder` that holds MAILS."""
    source = Path(_loaded().name)
    shutil.copyfile(source / "kept.duckdb", folder / "kept.duckdb")
    shutil.copytree(source / "kept.spool", folder / "kept.spool")
    return Settings(db=folder / "kept.duckdb")


def frame(settings: Settings, sql: str) -> pd.DataFrame:
    """What the database answers."""
    return wiring.database(settings).frame(sql)


def fates(settings: Settings) -> dict[str, str]:
    """Name of the file → fate of its mail."""
    found = frame(settings, "SELECT origin, fate FROM v_mail ORDER BY origin")
    return {origin.rsplit("/", 1)[1]: fate for origin, fate in zip(found["origin"], found["fate"], strict=True)}


def report_fate(settings: Settings, content: bytes) -> str:
    """The fate of the stored report."""
    return str(frame(settings, f"SELECT fate FROM v_report WHERE payload_sha256 = '{sha(content)}'")["fate"].iloc[0])  # noqa: S608


def messages(settings: Settings) -> int:
    """How many messages count."""
    return int(frame(settings, "SELECT coalesce(sum(messages), 0)::BIGINT AS n FROM v_record")["n"].iloc[0])
