"""The connection to the server breaks, or falls silent, at every command and anywhere in an answer."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from tests.fakes.cutting_proxy import cutting_proxy
from tests.faults.kill_points import SEED
from tests.faults.stage import DONE

if TYPE_CHECKING:
    from tests.fakes.cutting_proxy import When
    from tests.faults.stage import Stage

pytestmark = [pytest.mark.dovecot, pytest.mark.slow]
MAILBOX_FAILED = 3
COMMANDS = {
    "keep": ("LOGIN", "EXAMINE", "SEARCH", r"RFC822\.SIZE", r"BODY\.PEEK", "LOGOUT"),
    "move": ("SELECT", "SEARCH", r"BODY\.PEEK", "CREATE", "NOOP", "MOVE"),
    "flag": ("SELECT", r"RFC822\.SIZE", "STORE"),
}
CUTS = [
    (mode, command, when)
    for mode, names in COMMANDS.items()
    for command in names
    for when in ("before", "after", "silent")
]
_rng = random.Random(SEED)  # noqa: S311
BYTES = [(_rng.choice(tuple(COMMANDS)), _rng.randrange(1, 12_000)) for _ in range(20)]


@pytest.mark.parametrize(("mode", "command", "when"), CUTS)
def test_a_connection_cut_at_a_command_loses_and_doubles_nothing(
    stage: Stage, mode: str, command: str, when: When
) -> None:
    wanted = stage.undisturbed("few", mode)
    case = stage.case("few")
    with cutting_proxy(stage.port) as proxy:
        proxy.cut(command, when)
        ended = case.configure(mode, port=proxy.port, timeout_s=0.5).poll()
        assert ended.status in (*DONE, MAILBOX_FAILED), ended.said
        assert proxy.sent(command), proxy.commands
    case.configure(mode).is_made_good(wanted)


@pytest.mark.parametrize(("mode", "number"), BYTES)
def test_a_connection_cut_in_an_answer_loses_and_doubles_nothing(stage: Stage, mode: str, number: int) -> None:
    wanted = stage.undisturbed("few", mode)
    case = stage.case("few")
    with cutting_proxy(stage.port) as proxy:
        proxy.cut_after_bytes(number)
        ended = case.configure(mode, port=proxy.port, timeout_s=0.5).poll()
        assert ended.status in (*DONE, MAILBOX_FAILED), ended.said
        assert proxy.bytes_left is None
    case.configure(mode).is_made_good(wanted)


@pytest.mark.parametrize("command", ["SEARCH", r"BODY\.PEEK"])
def test_a_server_that_is_gone_for_good_ends_the_run_with_the_code_of_a_mailbox(stage: Stage, command: str) -> None:
    wanted = stage.undisturbed("few", "move")
    case = stage.case("few")
    with cutting_proxy(stage.port) as proxy:
        proxy.cut(command, "before", times=100)
        assert case.configure("move", port=proxy.port, timeout_s=0.5).poll().status == MAILBOX_FAILED
    case.configure("move").is_made_good(wanted)
