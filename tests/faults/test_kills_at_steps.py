"""kill -9 before, after and in the middle of every step of a poll: the next poll makes it good."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest

from tests.faults.kill_points import AT_CALLS, AT_STEPS, KillPoint

if TYPE_CHECKING:
    from tests.faults.stage import Stage

pytestmark = [pytest.mark.dovecot, pytest.mark.slow]


@pytest.mark.parametrize("point", AT_STEPS, ids=str)
def test_a_poll_killed_at_a_step_is_made_good_by_the_next(stage: Stage, point: KillPoint) -> None:
    wanted = stage.undisturbed("few", point.mode)
    case = stage.case("few").configure(point.mode)
    fault = {name: value for name, value in asdict(point).items() if name != "mode"}
    ended = case.poll(point=fault)
    assert ended.killed or point.when == "during", ended.said
    case.is_made_good(wanted)


def test_a_poll_killed_again_and_again_gets_there(stage: Stage) -> None:
    wanted = stage.undisturbed("few", "move")
    case = stage.case("few").configure("move")
    for number in range(1, 8):
        for step in ("commit", "checkpoint", "journal"):
            case.poll(point={"step": step, "when": "after", "number": number % 3 + 1})
    case.is_made_good(wanted)


def test_there_are_at_least_two_hundred_points() -> None:
    certain = [point for point in AT_STEPS if point.when != "during"]
    assert len(set(AT_STEPS)) == len(AT_STEPS)
    assert len(certain) + len(set(AT_CALLS)) >= 200
