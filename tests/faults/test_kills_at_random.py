"""kill -9 at places and moments drawn from a seed: the next poll makes it good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.kill_points import AT_CALLS, AT_MOMENTS

if TYPE_CHECKING:
    from tests.faults.stage import Stage

pytestmark = [pytest.mark.dovecot, pytest.mark.slow]


@pytest.fixture(scope="module")
def calls(stage: Stage) -> dict[str, int]:
    """Mode → calls of functions in ingest that a poll of the small mailbox makes."""
    found = {}
    for mode in ("keep", "move", "flag"):
        found[mode] = stage.case("few").configure(mode).poll(counting=True).calls
    return found


@pytest.mark.parametrize(("mode", "share"), AT_CALLS)
def test_a_poll_killed_at_any_call_is_made_good_by_the_next(
    stage: Stage, calls: dict[str, int], mode: str, share: float
) -> None:
    wanted = stage.undisturbed("few", mode)
    case = stage.case("few").configure(mode)
    assert case.poll(call=1 + int(share * calls[mode] * 0.98)).killed
    case.is_made_good(wanted)


@pytest.mark.parametrize(("mode", "after_s"), AT_MOMENTS)
def test_a_poll_of_a_larger_mailbox_killed_at_any_moment_is_made_good(stage: Stage, mode: str, after_s: float) -> None:
    wanted = stage.undisturbed("many", mode)
    case = stage.case("many").configure(mode)
    case.poll(kill_after_s=after_s, workers=True)
    case.is_made_good(wanted)
