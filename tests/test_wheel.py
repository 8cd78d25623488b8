"""What is installed is what was written: the wheel alone, in an empty environment, runs the demo."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], cwd=ROOT, check=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_the_three_rooms_with_their_data_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"ingest", "analytics", "dashboards"}
    assert "ingest/store/migrations/0001_first.sql" in names
    assert "dashboards/cli/config_template.toml" in names
    for room in ("ingest", "analytics", "dashboards"):
        on_disk = {
            path.relative_to(ROOT).as_posix()
            for path in (ROOT / room).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert on_disk <= set(names)


@pytest.mark.slow
def test_the_wheel_with_its_demo_extra_runs_the_demo_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    constraints = tmp_path / "constraints.txt"
    constraints.write_text("\n".join(re.findall(r"^[a-z0-9-]+==[^\\\n]+", lock, re.MULTILINE)), encoding="utf-8")
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "-c", str(constraints), f"{wheel}[demo]"], check=True)
    environment = {**os.environ, "HOME": str(tmp_path / "home"), "TZ": os.environ.get("TZ", "UTC")}
    environment.pop("PYTHONPATH", None)
    command = [str(python.with_name("whosends")), "demo", "--no-serve", "--json", "--dir", str(tmp_path / "demo")]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert found["reports"] > 1000
    assert (tmp_path / "demo" / "whosends.duckdb").exists()
