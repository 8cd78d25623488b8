"""Folders of an IMAP server: their names, the ones that look alike, the ones made for filing."""

from __future__ import annotations

import difflib
from contextlib import suppress
from typing import TYPE_CHECKING

from ingest.mailbox.login import REFUSED

if TYPE_CHECKING:
    from imapclient import IMAPClient


def names(client: IMAPClient) -> list[str]:
    """Every folder that can be opened, sorted."""
    listed = client.list_folders()
    return sorted(name for flags, _, name in listed if b"\\noselect" not in {flag.lower() for flag in flags})


def alike(wanted: str, existing: list[str]) -> list[str]:
    """Up to three existing folders whose names resemble `wanted`, whatever the separator and the case."""

    def plain(name: str) -> str:
        return name.lower().replace(".", "/").removeprefix("inbox/")

    by_plain = {plain(name): name for name in existing}
    return [by_plain[match] for match in difflib.get_close_matches(plain(wanted), by_plain, n=3, cutoff=0.5)]


def ensure(client: IMAPClient, name: str) -> str:
    """The folder exists and is subscribed; returns its name as this server writes it.

    `name` is written with "/" in the configuration; servers separate with "/" or "." and some keep everything below "INBOX.".
    """
    target = _as_written_here(client, name)
    if not _exists(client, target):
        try:
            client.create_folder(target)
        except REFUSED:  # somebody else was faster
            if not _exists(client, target):
                raise
        with suppress(REFUSED):  # only a courtesy to mail programs that show subscribed folders
            client.subscribe_folder(target)
    return target


def _exists(client: IMAPClient, name: str) -> bool:
    return name in {found for _, _, found in client.list_folders("", name)}


def _as_written_here(client: IMAPClient, name: str) -> str:
    prefix, separator = _namespace(client)
    target = name.replace("/", separator) if separator else name
    return target if target.startswith(prefix) else prefix + target


def _namespace(client: IMAPClient) -> tuple[str, str]:
    """Prefix and separator of the user's own folders; ("", "") on a flat server."""
    if client.has_capability("NAMESPACE"):
        personal = client.namespace().personal
        if personal:
            prefix, separator = personal[0]
            return prefix, separator or ""
    listed = client.list_folders("", "")
    separator = listed[0][1] if listed else None
    return "", separator.decode("ascii") if separator else ""
