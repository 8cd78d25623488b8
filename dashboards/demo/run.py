"""The demo's folder: a configuration, and the mailbox on loopback that it names."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboards.demo.company import SEED, mails
from dashboards.demo.imap_server import serve
from dashboards.demo.report_mail import OWN_MX
from dashboards.demo.story import DOMAINS, Story
from ingest.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date
    from pathlib import Path

    from dashboards.demo.imap_server import Served
    from ingest.settings import Settings

MARK = "# Written by `whosends demo`, which replaces it and its database at each start.\n"
CONFIG = "whosends.toml"
PASSWORD = "password"  # noqa: S105 - the name of a file
DATABASE = "whosends.duckdb"


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """A folder that `whosends --config` understands, while its mailbox is being served."""

    settings: Settings
    config: Path
    mails: int
    story: Story


@contextmanager
def prepare(
    folder: Path, *, today: date, seed: int = SEED, on_step: Callable[[str], None] = lambda _: None
) -> Iterator[DemoFolder]:
    """A fresh demo folder, whose mailbox is served inside the block.

    Args:
        folder: is created; an older demo in it is replaced.
        today: the demo's data ends with the last Sunday before it.
        seed: of the generator.
        on_step: gets a sentence for each thing that begins.

    Raises:
        SettingsError: the folder holds a configuration that is not a demo's, or pymap is missing; nothing was changed.
    """
    _refuse_foreign(folder)
    on_step("Writing thirteen weeks of report mails")
    found = list(mails(today, seed))
    on_step(f"Starting an IMAP server with {len(found):,} mails")
    with serve(found) as served:
        _clear(folder)
        config = _configure(folder, served)
        yield DemoFolder(_settings(config), config, len(found), Story(today))


def _refuse_foreign(folder: Path) -> None:
    config = folder / CONFIG
    if config.exists() and not config.read_text(encoding="utf-8", errors="replace").startswith(MARK):
        raise SettingsError(f"{config} was not written by the demo", hint="choose another folder for the demo")
    if (folder / DATABASE).exists() and not config.exists():
        raise SettingsError(f"{folder / DATABASE} was not written by the demo", hint="choose another folder")


def _clear(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    database = folder / DATABASE
    database.unlink(missing_ok=True)
    database.with_name(DATABASE + ".wal").unlink(missing_ok=True)
    shutil.rmtree(database.with_suffix(".spool"), ignore_errors=True)


def _configure(folder: Path, served: Served) -> Path:
    """Write the configuration, and the password beside it for its owner only."""
    secret = folder / PASSWORD
    secret.unlink(missing_ok=True)
    with os.fdopen(os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(served.password + "\n")
    config = folder / CONFIG
    config.write_text(
        f"""{MARK}
database = "{DATABASE}"
domains = [{", ".join(f'"{domain}"' for domain in DOMAINS)}]

[trust]
authserv_ids = ["{OWN_MX}"]
verify_dkim = false

[[mailbox]]
name = "demo"
host = "{served.host}"
port = {served.port}
user = "{served.user}"
security = "plain"
password_file = "{PASSWORD}"
""",
        encoding="utf-8",
    )
    return config


def _settings(config: Path) -> Settings:
    from ingest.settings_file import load

    return load(config, db=config.with_name(DATABASE))
