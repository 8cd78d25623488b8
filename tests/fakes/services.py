"""Small catalogues of services, made line by line."""

from __future__ import annotations

import csv
import io

from analytics.services.catalogue import Catalogue
from analytics.services.cells import COLUMNS
from analytics.services.lines import parse

LINE = {
    "id": "acme-mail",
    "name": "Acme Mail",
    "kind": "esp",
    "dkim_domains": "acme.example",
    "source": "vendor documentation (read)",
    "verified_on": "2026-11-24",
}


def text_of(*lines: dict[str, str], columns: tuple[str, ...] = COLUMNS) -> str:
    """A file with these lines; what a line does not say is as in LINE."""
    file = io.StringIO()
    writer = csv.DictWriter(file, columns, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(LINE | line for line in lines)
    return file.getvalue()


def catalogue_of(*lines: dict[str, str]) -> Catalogue:
    found, wrong = parse(text_of(*lines))
    assert wrong == []
    return Catalogue(tuple(line.service for line in found))
