"""Starts the dashboard server, with every option in code: nothing is read from a file in the working directory."""

from __future__ import annotations

import os
import socket
import threading
import webbrowser
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashboards.wording.colours import DARK, LIGHT
from ingest.errors import SettingsError
from ingest.settings import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from ingest.settings import Settings

SCRIPT = Path(__file__).parent / "entry" / "dashboard.py"
SANS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Hiragino Sans', 'Noto Sans CJK JP', 'Noto Sans JP', 'Yu Gothic UI', Meiryo, sans-serif"
MONO = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', 'Noto Sans Mono CJK JP', monospace"
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"content-security-policy", b"frame-ancestors 'none'; object-src 'none'; base-uri 'self'"),
)


def serve(settings: Settings, *, host: str, port: int, open_browser: bool) -> None:
    """The dashboard answers at `address(host, port)` until the process is stopped.

    Raises:
        SettingsError: nothing can listen at that address.
    """
    _refuse_taken(host, port)
    os.environ["WHOSENDS_DB"] = str(settings.db.absolute())
    if settings.source is not None:
        os.environ["WHOSENDS_CONFIG"] = str(settings.source.absolute())
    import streamlit as st
    from starlette.middleware import Middleware

    @asynccontextmanager
    async def lifespan(_app: st.App) -> AsyncIterator[None]:
        if open_browser:
            threading.Timer(1.0, webbrowser.open, [address(host, port)]).start()
        yield

    app = st.App(SCRIPT, lifespan=lifespan, middleware=[Middleware(WithHeaders)], on_script_error=_bug)
    app.run(config=options(host, port))


def _bug(error: Exception) -> bool:
    from dashboards.pages import states  # late: its caches look for the running server

    return states.bug(error)


def address(host: str, port: int) -> str:
    """What to type into a browser."""
    shown = {"0.0.0.0": "localhost", "::": "localhost"}.get(host, host)  # noqa: S104 - shown, not bound
    return f"http://{f'[{shown}]' if ':' in shown else shown}:{port}"


def options(host: str, port: int) -> dict[str, Any]:
    """Every Streamlit option that is not to be left to chance: private, quiet, and our look."""
    return {
        "server.address": host,
        "server.port": port,
        "server.headless": True,
        "server.fileWatcherType": "none",
        "server.runOnSave": False,
        "server.enableXsrfProtection": True,
        "server.allowedHosts": list(LOOPBACK) if host in LOOPBACK else [],
        "server.enableAgentApi": False,
        "browser.gatherUsageStats": False,
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        "client.showErrorLinks": False,
        "logger.hideWelcomeMessage": True,
        "ui.hideTopBar": True,
        **_look(),
    }


class WithHeaders:
    """Adds HEADERS to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; add the headers to the start of an HTTP answer."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *HEADERS]
            await send(message)

        await self.app(scope, receive, with_headers)


def _look() -> dict[str, Any]:
    both = {
        "font": SANS,
        "headingFont": SANS,
        "codeFont": MONO,
        "baseFontSize": 15,
        "baseRadius": "6px",
        "headingFontSizes": ["1.6rem", "1.35rem", "1.05rem", "1rem", "0.95rem", "0.9rem"],
        "headingFontWeights": [700, 700, 650, 600, 600, 600],
        "metricValueFontSize": "1.7rem",
        "metricValueFontWeight": 600,
        "showWidgetBorder": True,
    }
    light = {
        "primaryColor": LIGHT.fine,
        "backgroundColor": "#FFFFFF",
        "secondaryBackgroundColor": "#F5F7F8",
        "textColor": LIGHT.text,
        "borderColor": "#DFE4E8",
        "greenColor": LIGHT.fine,
        "orangeColor": LIGHT.broken,
        "redColor": LIGHT.stranger,
    }
    dark = {
        "primaryColor": DARK.fine,
        "backgroundColor": "#14181C",
        "secondaryBackgroundColor": "#1D2329",
        "textColor": DARK.text,
        "borderColor": "#333C45",
        "greenColor": DARK.fine,
        "orangeColor": DARK.broken,
        "redColor": DARK.stranger,
    }
    return {
        **{f"theme.{key}": value for key, value in both.items()},
        **{f"theme.light.{key}": value for key, value in light.items()},
        **{f"theme.dark.{key}": value for key, value in dark.items()},
    }


def _refuse_taken(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        raise SettingsError(
            f"{host}:{port}: cannot listen here: {error.strerror}", hint="choose another port with --port"
        ) from error
