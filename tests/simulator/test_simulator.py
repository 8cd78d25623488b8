"""The simulator says the same again, forgets no message, and the verdicts on a seed that nobody tuned for are as right as they should be."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from analytics.overview import totals
from tests.simulator import document
from tests.simulator.figures import BESIDE, FIGURES, confusion
from tests.simulator.hard import CASES, right
from tests.simulator.score import DILIGENT, NOBODY, VARIANTS, WINDOW, _compared, kept, scored, truths
from tests.simulator.seen import seen
from tests.simulator.world import TUNING, UNSEEN, world

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from tests.simulator.figures import Figure
    from tests.simulator.seen import Said

SEED = UNSEEN[0]
MET = {NOBODY: FIGURES[1:], DILIGENT: FIGURES[1:]}  # the first is missed: docs/verdicts.md


@pytest.fixture(scope="module")
def all_said() -> list[Said]:
    return seen(world(SEED))


@pytest.fixture(scope="module")
def score(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    return scored(SEED, tmp_path_factory.mktemp("simulator"))


def test_the_same_seed_gives_the_same_records_and_another_one_others(all_said: list[Said]) -> None:
    assert seen(world(SEED)) == all_said
    assert world(SEED + 1).flows != world(SEED).flows


def test_no_seed_is_both_tuned_for_and_unseen() -> None:
    assert not set(TUNING) & set(UNSEEN)


@pytest.mark.parametrize("seed", [*TUNING, *UNSEEN])
def test_the_ways_of_a_flow_are_all_of_it_and_its_addresses_are_known(seed: int) -> None:
    made = world(seed)
    for flow in made.flows:
        assert sum(way.share for way in flow.ways) == pytest.approx(1), flow.name
        assert set(flow.addresses) <= set(made.reverse_names), flow.name
        assert flow.days.stop <= 28, flow.name


def test_the_truth_is_told_of_every_message(all_said: list[Said], score: pd.DataFrame) -> None:
    true = Counter[str]()
    for said in all_said:
        true[said.truth.told] += said.record.messages
    for _, one in score.groupby("variant"):
        assert one.groupby("told")["messages"].sum().to_dict() == true
        assert confusion(one).sum(axis=1).to_dict() == true


def test_the_product_sees_the_messages_that_the_simulator_made(all_said: list[Said], tmp_path: Path) -> None:
    week = [said for said in all_said if (said.day - WINDOW.since).days < 3]
    found = totals(kept(world(SEED), week, tmp_path / "w.duckdb"), WINDOW)
    assert found.messages == sum(said.record.messages for said in week)
    assert found.dmarc_pass == sum(
        said.record.messages for said in week if said.record.dkim_aligned or said.record.spf_aligned
    )


def test_a_case_of_which_no_truth_is_told_is_an_error(all_said: list[Said], score: pd.DataFrame) -> None:
    with pytest.raises(AssertionError, match="0 cases, but the truth is told of"):
        _compared(score.head(0), truths(all_said))


@pytest.mark.parametrize(
    ("variant", "figure"),
    [pytest.param(variant, figure, id=f"{variant}: {figure.name}") for variant in VARIANTS for figure in MET[variant]],
)
def test_the_targets_hold_on_a_seed_that_nobody_tuned_for(score: pd.DataFrame, variant: str, figure: Figure) -> None:
    assert figure.met(score[score["variant"].eq(variant)]), figure.share(score[score["variant"].eq(variant)])


def test_a_registry_does_not_make_more_wrong(score: pd.DataFrame) -> None:
    wrong = score[~right(score)].groupby("variant")["messages"].sum()
    assert wrong[DILIGENT] <= wrong[NOBODY]


def test_the_document_holds_figures_and_hard_cases_and_is_otherwise_as_it_was(
    score: pd.DataFrame, tmp_path: Path
) -> None:
    path = tmp_path / "verdicts.md"
    path.write_text(document.DOCUMENT.read_text(encoding="utf-8"), encoding="utf-8")
    before = path.read_text(encoding="utf-8")
    document.write({"these": score}, path)
    after = path.read_text(encoding="utf-8")
    assert after.split(document.BEGIN)[0] == before.split(document.BEGIN)[0]
    assert after.split(document.END)[1] == before.split(document.END)[1]
    measured = after.split(document.BEGIN)[1].split(document.END)[0]
    assert all(figure.name in measured for figure in FIGURES + BESIDE)
    assert all(flow in measured for flow in CASES)
    document.write({"these": score}, path)
    assert path.read_text(encoding="utf-8") == after
