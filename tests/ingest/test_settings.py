"""The TOML file: every key and type checked, secrets elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ingest import settings_file
from ingest.errors import SettingsError
from ingest.settings import MailboxSettings

if TYPE_CHECKING:
    from pathlib import Path

    from ingest.settings import Settings

ONE = '[[mailbox]]\nname = "main"\nhost = "imap.example.com"\nuser = "dmarc"\n'


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WHOSENDS_CONFIG", "WHOSENDS_DB", "WHOSENDS_PASSWORD", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "whosends.toml"


def load(config: Path, text: str) -> Settings:
    config.write_text(text, encoding="utf-8")
    return settings_file.load(config)


def refused(config: Path, text: str) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        load(config, text)
    assert str(config) in caught.value.message or caught.value.message.startswith("mailbox ")
    return caught.value


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    found = settings_file.load()
    assert found.db == tmp_path / "home" / ".local" / "share" / "whosends" / "whosends.duckdb"
    assert (found.mailboxes, found.domains, found.source) == ((), (), None)
    assert (found.limits.records, found.enrich.reverse_dns, found.serve.host) == (200_000, False, "127.0.0.1")


def test_every_part_of_the_file_is_read(config: Path, tmp_path: Path) -> None:
    text = (
        'database = "data/w.duckdb"\ndomains = [" Example.COM. "]\n'
        + ONE
        + 'mode = "move"\npassword_file = "secret"\ntimeout_s = 5\n'
        '[limits]\nrecords = 5\n[enrich]\nreverse_dns = true\nnameservers = ["192.0.2.53"]\nqueries_per_s = 2\n'
        '[watch]\nidle = false\n[serve]\nport = 9000\nlanguage = "ja"\n'
    )
    found = load(config, text)
    (mailbox,) = found.mailboxes
    assert (found.db, found.spool) == (tmp_path / "data" / "w.duckdb", tmp_path / "data" / "w.spool")
    assert found.domains == ("example.com",)
    assert (mailbox.mode, mailbox.password_file, mailbox.timeout_s) == ("move", tmp_path / "secret", 5)
    assert (found.limits.records, found.limits.depth) == (5, 50)
    assert (found.enrich.nameservers, found.watch.idle, found.serve.port, found.serve.language) == (
        ("192.0.2.53",),
        False,
        9000,
        "ja",
    )
    assert found.mailbox("main") is mailbox


@pytest.mark.parametrize(
    ("text", "key", "hint"),
    [
        ('databse = "x"', "databse", "did you mean database?"),
        (ONE + 'hots = "x"', "hots", "did you mean host?"),
        ("[limits]\nrecord = 1", "record", "did you mean records?"),
        ("[enrich]\nreverse_dsn = true", "reverse_dsn", "did you mean reverse_dns?"),
        ("[watch]\nintervall_s = 1", "intervall_s", "did you mean interval_s?"),
        ("zzz = 1", "zzz", "known keys: "),
        (ONE + 'password = "hunter2"', "password", "a password never stands in this file"),
    ],
)
def test_an_unknown_key_is_refused_with_what_was_meant(config: Path, text: str, key: str, hint: str) -> None:
    error = refused(config, text)
    assert f"unknown key '{key}'" in error.message
    assert error.hint.startswith(hint)
    assert "hunter2" not in error.message + error.hint


@pytest.mark.parametrize(
    "text",
    [
        "database = 5",
        'database = ""',
        'domains = "example.com"',
        "domains = [1]",
        'mailbox = "main"',
        "mailbox = [1]",
        "limits = 5",
        "[limits]\nrecords = 0",
        "[limits]\nrecords = -1",
        "[limits]\nrecords = true",
        "[limits]\nrecords = 1.5",
        '[limits]\nrecords = "many"',
        '[enrich]\nreverse_dns = "yes"',
        "[enrich]\nnameservers = [1]",
        '[enrich]\nqueries_per_s = "fast"',
        "[watch]\nidle = 1",
        ONE + "port = 70000",
        ONE + 'port = "993"',
        ONE + "folder = 5",
        ONE + "password_file = 5",
        ONE + "timeout_s = nan",
        ONE + 'security = "ssl"',
        ONE + 'mode = "delete"',
        '[[mailbox]]\nname = "x"\nhost = "h"',
        ONE + ONE,
        "not toml",
        "[serve]\nport = 123456",
    ],
)
def test_a_wrong_value_is_refused_where_it_stands(config: Path, text: str) -> None:
    assert refused(config, text).message


def test_what_a_value_should_be_is_said(config: Path) -> None:
    assert "records = 'many' is not a whole number" in refused(config, '[limits]\nrecords = "many"').message
    assert "reverse_dns = 1 is not true or false" in refused(config, "[enrich]\nreverse_dns = 1").message
    assert "two mailboxes are called 'main'" in refused(config, ONE + ONE).message
    assert "user is missing" in refused(config, '[[mailbox]]\nname = "x"\nhost = "h"').message


def test_a_file_that_is_missing_or_not_text_is_refused(config: Path) -> None:
    with pytest.raises(SettingsError, match="no such file") as caught:
        settings_file.load(config)
    assert "whosends init" in caught.value.hint
    config.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="not valid TOML"):
        settings_file.load(config)
    with pytest.raises(SettingsError):
        settings_file.load(config.parent)


def test_the_usual_places_are_searched_in_order(tmp_path: Path, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = [settings_file.default_config(), tmp_path / "here" / "whosends.toml", config]
    for place in places:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f'domains = ["{len(str(place))}.example"]', encoding="utf-8")
        if place == config:
            monkeypatch.setenv("WHOSENDS_CONFIG", str(config))
        assert settings_file.load().domains == (f"{len(str(place))}.example",)


def test_the_database_of_the_option_wins_over_environment_and_file(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text('database = "file.duckdb"', encoding="utf-8")
    assert settings_file.load(config).db == tmp_path / "file.duckdb"
    monkeypatch.setenv("WHOSENDS_DB", str(tmp_path / "environment.duckdb"))
    assert settings_file.load(config).db == tmp_path / "environment.duckdb"
    assert settings_file.load(config, db=tmp_path / "option.duckdb").db == tmp_path / "option.duckdb"


def test_the_password_comes_from_the_environment(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (mailbox,) = load(config, ONE + 'password_env = "OTHER"').mailboxes
    with pytest.raises(SettingsError, match="no password") as caught:
        mailbox.password()
    assert "OTHER" in caught.value.hint
    monkeypatch.setenv("OTHER", "s3cret ")
    assert mailbox.password() == "s3cret "


def test_the_password_comes_from_a_file_which_wins(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHOSENDS_PASSWORD", "environment")
    (mailbox,) = load(config, ONE + 'password_file = "secret"').mailboxes
    with pytest.raises(SettingsError, match="password_file"):
        mailbox.password()
    (config.parent / "secret").write_text(" from file \r\n", encoding="utf-8")
    assert mailbox.password() == " from file "
    (config.parent / "secret").write_text("\n", encoding="utf-8")
    with pytest.raises(SettingsError):
        mailbox.password()
    (config.parent / "secret").write_bytes(b"\xff\xff")
    with pytest.raises(SettingsError):
        mailbox.password()


def test_plain_is_refused_beyond_this_machine() -> None:
    with pytest.raises(SettingsError, match=r"unencrypted to imap\.example\.com") as caught:
        MailboxSettings("m", "imap.example.com", "u", security="plain")
    assert "allow_plain" in caught.value.hint
    for host in ("localhost", "127.0.0.1", "::1"):
        MailboxSettings("m", host, "u", security="plain")
    MailboxSettings("m", "imap.example.com", "u", security="plain", allow_plain=True)


def test_a_mailbox_that_is_not_configured_is_named_with_those_that_are(config: Path) -> None:
    with pytest.raises(SettingsError, match="no mailbox called other") as caught:
        load(config, ONE).mailbox("other")
    assert caught.value.hint == "configured: main"
