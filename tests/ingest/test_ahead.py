"""Items made in a thread of their own: in order, no further ahead than allowed, errors last, and nobody left behind."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.ahead import ahead

if TYPE_CHECKING:
    from collections.abc import Iterator


@given(st.lists(st.integers()), st.integers(1, 4))
def test_every_item_comes_once_and_in_order(items: list[int], depth: int) -> None:
    with ahead(iter(items), depth) as made:
        assert [item for found in made for item in found] == items
        assert made.take() == []


@given(st.lists(st.integers(), max_size=20), st.integers(1, 4))
def test_an_error_comes_after_all_that_was_made_before_it(items: list[int], depth: int) -> None:
    def broken() -> Iterator[int]:
        yield from items
        raise KeyError("gone")

    taken: list[int] = []
    with ahead(broken(), depth) as made:
        while len(taken) < len(items):
            taken += made.take()
        with pytest.raises(KeyError):
            made.take()
    assert taken == items


def test_it_runs_ahead_only_as_far_as_it_may() -> None:
    started: list[int] = []
    third = threading.Event()

    def items() -> Iterator[int]:
        for number in range(10):
            started.append(number)
            if number == 2:
                third.set()
            yield number

    with ahead(items(), 2) as made:
        assert third.wait(10)  # two wait in the queue, and the third was begun
        assert started == [0, 1, 2]
        assert made.take()[:2] == [0, 1]


def test_whoever_stops_early_leaves_no_thread_behind() -> None:
    before = threading.active_count()
    with ahead(iter(range(1_000)), 1) as made:
        assert made.take() == [0]
    assert threading.active_count() == before
