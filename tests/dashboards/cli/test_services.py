"""`services list`, `services show` and `services check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from analytics.services.catalogue import catalogue, shipped

if TYPE_CHECKING:
    from pathlib import Path

    from tests.dashboards.cli.conftest import Run


def test_list_names_every_service(run: Run) -> None:
    ran = run("services", "list", "--json")
    assert ran.code == 0
    assert [service["id"] for service in ran.json["services"]] == list(catalogue().by_id)
    assert f"{len(catalogue().services)} services" in run("services", "list").out


def test_list_can_be_cut_to_one_kind(run: Run) -> None:
    ran = run("services", "list", "--kind", "forwarder", "--json")
    assert {service["kind"] for service in ran.json["services"]} == {"forwarder"}
    assert run("services", "list", "--kind", "dog").code == 2


def test_show_tells_how_a_service_is_recognised_and_repaired(run: Run) -> None:
    known = catalogue().by_id["sendgrid"]
    out = " ".join(run("services", "show", "sendgrid").out.split())
    assert known.name in out
    assert "dkim domains sendgrid.net" in out
    assert known.fix_en in out
    assert run("services", "show", "sendgrid", "--json").json["fix_ja"] == known.fix_ja


def test_show_says_what_may_have_been_meant(run: Run) -> None:
    ran = run("services", "show", "sendgird")
    assert (ran.code, "did you mean sendgrid?" in ran.err) == (2, True)


def test_check_finds_nothing_wrong_with_the_catalogue_that_ships(run: Run) -> None:
    ran = run("services", "check", "--json")
    assert ran.code == 0
    assert ran.json["problems"] == []
    assert ran.json["services"] == len(catalogue().services)
    assert ran.json["with_documentation"] == sum(service.documented for service in catalogue().services)
    assert f"{ran.json['services']} services, 0 problems" in run("services", "check").out


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return tmp_path / "own.csv"


def test_check_says_every_problem_of_an_own_file(run: Run, own: Path) -> None:
    head, first, second, *_ = shipped().splitlines(keepends=True)
    own.write_text(head + first + second + first + "a,b\n", encoding="utf-8")
    ran = run("services", "check", own)
    assert ran.code == 2
    assert "line 4: id " in ran.out
    assert "line 5: 2 cells, not 20" in ran.out
    as_json = run("services", "check", own, "--json")
    assert (as_json.code, {problem["line"] for problem in as_json.json["problems"]}) == (2, {4, 5})


def test_check_names_lines_to_verify_again_and_strict_makes_them_count(run: Run, own: Path) -> None:
    head, first, second, *_ = shipped().splitlines(keepends=True)
    old = first.rstrip("\n").rsplit(",", 1)[0] + ",2020-01-31\n"
    own.write_text(head + old + second, encoding="utf-8")
    ran = run("services", "check", own)
    assert ran.code == 0
    assert f"line 2: {first.split(',')[0]}: to verify again, last on 2020-01-31" in ran.out
    assert run("services", "check", own, "--strict").code == 5
    assert [line["line"] for line in run("services", "check", own, "--json").json["verify_again"]] == [2]


def test_check_of_a_file_that_is_not_there_is_an_error_with_a_hint(run: Run, own: Path) -> None:
    ran = run("services", "check", own)
    assert ran.code == 2
    assert "No such file" in ran.err
