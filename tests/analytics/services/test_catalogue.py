"""The catalogue that ships is right, worth having and documented; a file that cannot be read is an error."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from analytics.services.catalogue import STALE_DAYS, catalogue, examine, map_names, shipped, stale
from analytics.services.cells import COLUMNS
from analytics.services.lines import parse
from analytics.services.model import Kind, Strength
from ingest.errors import SettingsError
from tests.fakes.services import text_of

TODAY = date(2026, 11, 24)


def test_the_catalogue_that_ships_is_right() -> None:
    lines, wrong = examine(None, today=max(service.verified_on for service in catalogue().services))
    assert wrong == []
    assert [line.service for line in lines] == list(catalogue().services)


def test_the_catalogue_that_ships_is_worth_having() -> None:
    services = catalogue().services
    assert len(services) >= 120
    assert sum(service.documented for service in services) >= 60
    assert {service.kind for service in services} >= set(Kind) - {Kind.OTHER}
    assert [service.id for service in services] == sorted(service.id for service in services)
    assert all(service.fix_en for service in services if service.documented)


def test_the_file_that_ships_has_one_form() -> None:
    assert shipped().splitlines()[0] == ",".join(COLUMNS)
    assert shipped().endswith("\n")
    assert "\r" not in shipped()


def test_every_map_name_that_ships_is_in_parsedmarcs_map() -> None:
    names = [name for service in catalogue().services for name in service.map_names]
    assert len(names) > 50
    assert [name for name in names if name not in map_names()] == []


def test_the_strength_of_a_kind_is_its_place_in_the_order() -> None:
    strengths = [pattern.strength for pattern in catalogue().patterns]
    assert strengths == sorted(strengths)
    assert len(set(catalogue().patterns)) == len(catalogue().patterns)


def test_a_file_that_cannot_be_read_is_an_error_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        examine(tmp_path / "none.csv", today=TODAY)
    (tmp_path / "latin.csv").write_bytes("Café".encode("latin-1"))
    with pytest.raises(SettingsError, match="not UTF-8"):
        examine(tmp_path / "latin.csv", today=TODAY)


def test_a_line_is_stale_after_more_than_400_days() -> None:
    lines, _ = parse(text_of({}))
    verified = lines[0].service.verified_on
    assert list(stale(lines, date.fromordinal(verified.toordinal() + STALE_DAYS))) == []
    assert list(stale(lines, date.fromordinal(verified.toordinal() + STALE_DAYS + 1))) == lines


def test_the_document_names_every_column_kind_and_strength() -> None:
    text = (Path(__file__).resolve().parents[3] / "docs" / "services.md").read_text(encoding="utf-8")
    strengths, columns = (
        re.findall(pattern, text, re.MULTILINE) for pattern in (r"^\| (\d) \| `(\w+)`", r"^\| (`[^|]+`) \|")
    )
    assert [(int(number), name) for number, name in strengths] == [(int(one), one.field) for one in Strength]
    assert [name for cell in columns for name in re.findall(r"`(\w+)`", cell)] == list(COLUMNS)
    assert ", ".join(Kind) in text
