"""A write-ahead log that is damaged: never a silent loss, and one more poll after the cure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ingest.store import migrate
from tests.faults.stage import DONE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.stage import Case, Stage

pytestmark = [pytest.mark.dovecot, pytest.mark.slow]
DATABASE_FAILED = 4


def wal_left_behind(stage: Stage, number: int) -> tuple[Case, Path]:
    """A poll that was killed between COMMIT and checkpoint of its `number`-th transaction after the migrations."""
    case = stage.case("few").configure("move")
    assert case.poll(point={"step": "commit", "when": "after", "number": number + len(migrate.available())}).killed
    wal = case.database.path.with_name("w.duckdb.wal")
    assert wal.stat().st_size > 0
    return case, wal


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("place", [0.25, 0.5, 0.75])
def test_a_log_damaged_in_the_middle_loses_no_mail(stage: Stage, number: int, place: float) -> None:
    """DuckDB refuses it by its checksum; where the flipped byte is a length, the rest counts as never written."""
    case, wal = wal_left_behind(stage, number)
    content = bytearray(wal.read_bytes())
    content[int(len(content) * place)] ^= 0xFF
    wal.write_bytes(content)
    ended = case.poll()
    assert "Traceback" not in ended.said
    if ended.status not in DONE:
        assert ended.status == DATABASE_FAILED
        assert "w.duckdb.wal" in ended.said
        assert "run `whosends doctor`" in ended.said
        wal.rename(wal.with_name("aside"))  # what `whosends doctor --repair` does
    case.is_made_good(stage.undisturbed("few", "move"))


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("kept", [0.0, 0.3, 0.97])
def test_a_log_cut_short_loses_no_mail(stage: Stage, number: int, kept: float) -> None:
    case, wal = wal_left_behind(stage, number)
    content = wal.read_bytes()
    wal.write_bytes(content[: int(len(content) * kept)])
    ended = case.poll()
    if ended.status not in DONE:
        assert ended.status == DATABASE_FAILED
        wal.unlink()
    case.is_made_good(stage.undisturbed("few", "move"))
