"""Somebody else works on the same mailbox or the same database meanwhile."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes.cutting_proxy import cutting_proxy
from tests.fakes.other_program import holding
from tests.faults.kill_points import SEED
from tests.faults.poller import QUICK, preloaded
from tests.faults.stage import DONE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.faults.poller import Ended, Poller
    from tests.faults.stage import Case, Stage

pytestmark = [pytest.mark.dovecot, pytest.mark.slow]
DATABASE_FAILED = 4
MODES = ("keep", "move", "flag")
_rng = random.Random(SEED)  # noqa: S311
OFFSETS = [(mode, _rng.uniform(0.0, 0.3), kill) for mode in MODES for kill in (None, 0.25) for _ in range(2)]


@pytest.fixture(scope="module")
def other_poller() -> Iterator[Poller]:
    with preloaded() as poller:
        yield poller


def move_away(case: Case, uids: list[int], to: str) -> None:
    with case.account.client() as client:
        if not client.folder_exists(to):
            client.create_folder(to)
        client.select_folder("INBOX")
        client.move(uids, to)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("at", [r"RFC822\.SIZE", r"BODY\.PEEK"])
def test_a_mail_deleted_before_it_was_fetched_is_as_if_it_had_never_been(stage: Stage, mode: str, at: str) -> None:
    without = stage.case("few").configure(mode)
    without.account.expunge([2, 4])
    assert without.poll().status in DONE
    case = stage.case("few")
    with cutting_proxy(stage.port) as proxy:
        proxy.cut(at, "never", then=lambda: case.account.expunge([2, 4]))
        assert case.configure(mode, port=proxy.port).poll().status in DONE
    case.configure(mode).is_made_good(without.held())


@pytest.mark.parametrize(("mode", "at"), [("move", "NOOP"), ("move", " MOVE"), ("flag", "NOOP"), ("flag", "STORE")])
def test_a_mail_moved_away_before_it_was_filed_is_counted_and_left_where_it_is(
    stage: Stage, mode: str, at: str
) -> None:
    wanted = stage.undisturbed("few", mode)
    case = stage.case("few")
    with cutting_proxy(stage.port) as proxy:
        proxy.cut(at, "never", then=lambda: move_away(case, [1, 5], "Elsewhere"))
        assert case.configure(mode, port=proxy.port).poll().status in DONE
    assert case.configure(mode).poll().status in DONE
    held = case.held()
    assert held.tables == wanted.tables
    assert held.folders[".Elsewhere"].total() == 2
    assert sum(mails.total() for mails in held.folders.values()) == 12


def test_a_mail_moved_away_and_back_is_a_delivery_of_its_own_and_counts_once(stage: Stage) -> None:
    case = stage.case("few").configure("keep")
    assert case.poll(point={"step": "store batch", "when": "after", "number": 1}).killed
    with case.account.client() as client:
        client.create_folder("Elsewhere")
        client.select_folder("INBOX")
        client.move([1, 2, 3, 4, 5], "Elsewhere")
        client.select_folder("Elsewhere")
        client.move([1, 2, 3, 4, 5], "INBOX")
    assert case.poll().status in DONE
    counted = "SELECT payload_sha256, fate, messages FROM v_report ORDER BY ALL"
    undisturbed = stage.case("few").configure("keep")
    undisturbed.poll()
    assert case.database.frame(counted).equals(undisturbed.database.frame(counted))
    assert len(case.database.frame("SELECT * FROM v_mail")) == 12 + 5


def test_a_private_mail_with_the_same_uid_in_another_folder_is_never_touched(stage: Stage) -> None:
    """What happens to parsedmarc's loop: the answer to a MOVE is lost, it selects INBOX again and repeats the command there."""
    for when in ("before", "after", "silent"):
        case = stage.case("few")  # its INBOX stands for the private one, UIDs 1 to 12
        case.account.deliver([b"Subject: report\r\n\r\nnothing\r\n"] * 12, "Reports")
        before = case.held_folders()["."]
        with cutting_proxy(stage.port) as proxy:
            proxy.cut(" MOVE", when)
            assert case.configure("move", port=proxy.port, timeout_s=0.5, folder="Reports").poll().status in DONE
            assert not proxy.sent("(SELECT|EXAMINE).*INBOX")
        folders = case.held_folders()
        assert folders["."] == before
        assert folders[".whosends.other"].total() == 12
        assert ".Reports" not in folders


@pytest.mark.parametrize(("mode", "offset_s", "kill_after_s"), OFFSETS)
def test_two_polls_at_the_same_time_leave_what_one_leaves(
    stage: Stage, other_poller: Poller, mode: str, offset_s: float, kill_after_s: float | None
) -> None:
    wanted = stage.undisturbed("few", mode)
    case = stage.case("few").configure(mode)

    def other() -> Ended:
        time.sleep(offset_s)
        folder = case.folder / "other"
        folder.mkdir()
        fault: dict[str, Any] = {} if kill_after_s is None else {"kill_after_s": kill_after_s}
        return other_poller.run("poll", "--config", str(case.config), folder=folder, **fault)

    with ThreadPoolExecutor() as pool:
        second = pool.submit(other)
        first = case.poll()
        assert first.status in DONE, first.said
        assert second.result().status in DONE or kill_after_s is not None, second.result().said
    case.is_made_good(wanted)


@pytest.fixture
def held_database(stage: Stage) -> Case:
    case = stage.case("few").configure("move")
    assert case.poll(point={"step": "store batch", "when": "after", "number": 1}).killed
    return case


SHORT = {**QUICK, "ingest.store.connect:FOREIGN_LOCK_TIMEOUT_S": 0.2, "ingest.patience:PAUSES_S": [0.1, 0.1]}


def test_a_database_held_too_long_ends_the_run_and_loses_nothing(stage: Stage, held_database: Case) -> None:
    with holding(held_database.database.path):
        ended = held_database.poll(constants=SHORT)
    assert ended.status == DATABASE_FAILED
    assert "held by another program" in ended.said
    assert "Traceback" not in ended.said
    held_database.is_made_good(stage.undisturbed("few", "move"))


def test_a_database_held_for_a_while_is_waited_for(stage: Stage, held_database: Case, tmp_path: Path) -> None:
    with ThreadPoolExecutor() as pool:
        with holding(held_database.database.path):
            running = pool.submit(held_database.poll, constants={**SHORT, "ingest.patience:PAUSES_S": [0.2, 10.0]})
            time.sleep(0.8)
        ended = running.result()
    assert ended.status in DONE, ended.said
    assert "trying again" in ended.said
    held_database.is_made_good(stage.undisturbed("few", "move"))
