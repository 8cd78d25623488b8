"""`init`, `doctor` and the help texts."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.main import get_command

from dashboards.cli.main import app
from ingest.settings import Limits, WatchSettings
from ingest.settings_file import load

if TYPE_CHECKING:
    from tests.dashboards.cli.conftest import Run

SNAPSHOTS = Path(__file__).with_name("help")
COMMANDS = [
    *("", "init", "demo", "poll", "load", "serve", "status", "senders", "failing", "verdicts", "unauthorized"),
    *("export", "ledger", "raw"),
    *("accept", "reject", "doctor", "reparse", "backup", "restore", "prune", "compact"),
]
GROUPS = {
    "senders": ["list", "show", "approve", "deny", "ignore", "edit", "retire", "export", "import", "propose"],
    "services": ["list", "show", "check"],
    "override": ["set", "withdraw", "list"],
    "mute": ["set", "withdraw", "list"],
}
ONLY_GROUPS = ["services", "override", "mute"]
OF_GROUPS = [f"{group} {name}" for group, names in GROUPS.items() for name in names]


@pytest.mark.parametrize("command", [*COMMANDS, *ONLY_GROUPS, *OF_GROUPS])
def test_help_is_as_it_was_agreed(run: Run, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The snapshots in `help/` are written anew by WHOSENDS_WRITE_HELP=1."""
    import os

    ran = run(*command.split(), "--help")
    text = "\n".join(line.rstrip() for line in ran.out.splitlines()) + "\n"
    snapshot = SNAPSHOTS / f"{command.replace(' ', '-') or 'whosends'}.txt"
    if os.environ.get("WHOSENDS_WRITE_HELP"):
        snapshot.parent.mkdir(exist_ok=True)
        snapshot.write_text(text, encoding="utf-8")
    assert text == snapshot.read_text(encoding="utf-8")


def test_every_command_has_a_snapshot_and_an_example(run: Run) -> None:
    commands = get_command(app).commands  # type: ignore[attr-defined]
    assert sorted(commands) == sorted([*COMMANDS[1:], *ONLY_GROUPS])
    assert {group: list(commands[group].commands) for group in GROUPS} == GROUPS
    for name in [*commands, *OF_GROUPS]:
        assert f"whosends {name}" in run(*name.split(), "--help").out


@pytest.mark.parametrize("command", [*COMMANDS[1:], *(name for name in OF_GROUPS if not name.startswith("services "))])
def test_every_command_takes_db_after_its_name(run: Run, command: str) -> None:
    assert "--db" in run(*command.split(), "--help").out


def test_help_loads_nothing_heavy() -> None:
    code = "import sys; sys.argv = ['whosends', '--help']\nfrom dashboards.cli.main import app\ntry: app()\nexcept SystemExit: pass\n"
    code += "print('LOADED', sorted({m.split('.')[0] for m in sys.modules} & {'pandas', 'duckdb', 'streamlit', 'parsedmarc', 'pyarrow', 'lxml'}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().endswith("LOADED []")


def test_init_writes_a_configuration_that_loads_and_shows_the_true_defaults(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "made.toml"
    assert run("init", "--config", path, "--host", "imap.example.org", "--user", "me", "--json").json == {
        "config": str(path)
    }
    settings = load(path)
    assert (settings.mailboxes[0].host, settings.mailboxes[0].user) == ("imap.example.org", "me")
    shown = re.sub(r"^# (?=[a-z_]+ = )", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    everything = tmp_path / "everything.toml"
    everything.write_text(
        re.sub(r"^(ca_file|password_file|domains|language|authserv_ids) .*$", "", shown, flags=re.MULTILINE),
        encoding="utf-8",
    )
    spelled_out = load(everything)
    assert (spelled_out.limits, spelled_out.gates) == (Limits(), settings.gates)
    assert (spelled_out.trust, spelled_out.worker) == (settings.trust, settings.worker)
    assert spelled_out.watch == WatchSettings()
    assert spelled_out.enrich == settings.enrich
    assert spelled_out.serve == settings.serve
    assert spelled_out.mailboxes[0].folder == settings.mailboxes[0].folder


def test_init_does_not_overwrite(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("# mine\n", encoding="utf-8")
    ran = run("init", "--config", path)
    assert (ran.code, path.read_text(encoding="utf-8")) == (2, "# mine\n")
    assert "--force" in ran.err


def test_an_unknown_key_is_named_with_what_was_meant(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "typo.toml"
    path.write_text('domain = ["example.com"]\n', encoding="utf-8")
    ran = run("status", "--config", path)
    assert ran.code == 2
    assert "did you mean domains?" in ran.err


def test_doctor_is_content_with_a_good_database(run: Run, db: Path) -> None:
    ran = run("doctor", "--db", db, "--json")
    assert ran.code == 0
    assert ran.json["healthy"] is True
    assert {check["name"]: check["state"] for check in ran.json["checks"]}["database"] == "ok"


def test_doctor_names_what_is_broken_and_what_to_do(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "w.toml"
    config.write_text(
        'database = "w.duckdb"\n[[mailbox]]\nname = "r"\nhost = "127.0.0.1"\nport = 1\nuser = "u"\nsecurity = "plain"\n',
        encoding="utf-8",
    )
    ran = run("doctor", "--config", config)
    assert ran.code == 2
    assert "WHOSENDS_PASSWORD" in ran.out


def test_poll_without_a_mailbox_says_how_to_get_one(run: Run) -> None:
    ran = run("poll")
    assert ran.code == 2
    assert "whosends init" in ran.err


def test_python_dash_m_is_the_same_command(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "dashboards.cli", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).resolve().parents[3])
    assert done.stdout.startswith("whosends 0.")
