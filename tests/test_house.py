"""The house rules that a machine can check."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("ingest", "analytics", "dashboards", "tests")
SOURCES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*") if path.suffix in {".py", ".sql"})
MAX_LINES = 300


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_has_at_most_300_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


def test_no_file_is_a_drawer_for_everything() -> None:
    assert not [path for path in SOURCES if re.fullmatch(r"(?:utils?|helpers?|common|base|misc)", path.stem)]


def test_the_package_files_hold_a_docstring_and_nothing_else() -> None:
    for path in SOURCES:
        if path.name == "__init__.py" and "tests" not in path.parts:
            text = path.read_text(encoding="utf-8").strip()
            assert text.startswith('"""'), path
            assert text.endswith('"""'), path
            assert text.count('"""') == 2, path


def test_every_exception_is_caught_in_two_places_only() -> None:
    found = {
        path.relative_to(ROOT).as_posix() for path in SOURCES if "except Exception" in path.read_text(encoding="utf-8")
    }
    assert found - {"tests/test_house.py"} == {"ingest/normalize/lane.py", "ingest/watch.py"}


def test_no_text_of_a_report_can_become_html_or_markdown() -> None:
    for path in (ROOT / "dashboards").rglob("*.py"):
        assert "unsafe_allow_html=True" not in path.read_text(encoding="utf-8"), path


def test_the_lock_has_hashes_and_no_address() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in text
    requirements = re.findall(r"^[a-z0-9][^\n]*==[^\n]*\n(?:    --hash[^\n]*\n)*", text, flags=re.MULTILINE)
    assert len(requirements) > 40
    assert all("--hash=sha256:" in requirement for requirement in requirements)


def test_the_lock_satisfies_the_project() -> None:
    """Every dependency that the project names is pinned, within the range that it names."""
    import tomllib

    from packaging.requirements import Requirement

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    pinned = dict(
        re.findall(r"^([a-z0-9-]+)==([^\s;]+)", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE)
    )
    extras = project["project"]["optional-dependencies"]["demo"]
    for line in [*project["project"]["dependencies"], *extras, *project["dependency-groups"]["dev"]]:
        wanted = Requirement(line)
        assert wanted.specifier.contains(pinned[wanted.name.lower()]), line


@pytest.mark.parametrize("room", ["ingest", "analytics"])
def test_a_lower_room_works_without_streamlit(room: str) -> None:
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in (ROOT / room).rglob("*.py")
        if path.name != "__init__.py"
    ]
    code = f"import importlib, sys\nfor name in {modules!r}: importlib.import_module(name)\nsys.exit('streamlit' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
