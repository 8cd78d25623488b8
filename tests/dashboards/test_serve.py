"""How the dashboard server is started: private, quiet, and with options that Streamlit knows."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from dashboards.serve import SCRIPT, address, options, serve
from ingest.errors import SettingsError
from ingest.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


def test_streamlit_knows_every_option() -> None:
    from streamlit import config

    known = config._config_options_template.keys()
    assert options("127.0.0.1", 8501).keys() <= known


def test_nothing_is_told_to_anybody() -> None:
    chosen = options("127.0.0.1", 8501)
    assert chosen["browser.gatherUsageStats"] is False
    assert chosen["client.showErrorDetails"] == "none"
    assert chosen["server.allowedHosts"] == ["localhost", "127.0.0.1", "::1"]


def test_the_script_stands_alone_in_its_folder() -> None:
    """Streamlit would take a folder `pages` beside it for the pages of the app."""
    assert {path.name for path in SCRIPT.parent.iterdir()} - {"__pycache__"} == {"__init__.py", SCRIPT.name}


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("127.0.0.1", "http://127.0.0.1:8501"),
        ("0.0.0.0", "http://localhost:8501"),  # noqa: S104 - only shown
        ("::1", "http://[::1]:8501"),
    ],
)
def test_the_address_can_be_typed_into_a_browser(host: str, shown: str) -> None:
    assert address(host, 8501) == shown


def test_a_taken_port_is_refused_with_a_way_out(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(SettingsError) as refused:
            serve(Settings(db=tmp_path / "x.duckdb"), host="127.0.0.1", port=taken.getsockname()[1], open_browser=False)
    assert "--port" in refused.value.hint
