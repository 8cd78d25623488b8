"""What is near a bound is left to the other way, which has the words for it; nothing hostile costs more than a few times its size."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING

import pytest

from ingest.normalize import columnar, decode, tree
from ingest.settings import Limits
from tests.fakes.both_ways import assert_same, taken
from tests.fakes.reports import DKIM_PASS, element, record, report
from tests.ingest.test_bombs import HOSTILE, MIB

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.normalize.decode import Text


def text(*records: str, **parts: str) -> Text:
    return decode.decode(report(records, **parts).encode())


def test_more_records_than_the_limit_are_declined(monkeypatch: pytest.MonkeyPatch) -> None:
    body = report([record()] * 11)
    for size in (columnar.PIECE_BYTES, 1_000):
        monkeypatch.setattr(columnar, "PIECE_BYTES", size)
        assert taken(body, Limits(records=10)) is None
        assert taken(body, Limits(records=11)) is not None


def test_a_text_near_the_limit_is_declined(monkeypatch: pytest.MonkeyPatch) -> None:
    long = "x" * 200
    for body in (
        report([record(header_from=long)]),
        report([record(extra=long)]),
        report([long.join([record(), record()])]),
        report([record(), long]),
        report([record(envelope_from=" " * 200)]),
    ):
        for size in (columnar.PIECE_BYTES, 100):
            monkeypatch.setattr(columnar, "PIECE_BYTES", size)
            assert taken(body, Limits(text_bytes=1_000)) is None
            assert taken(body, Limits(text_bytes=2_000)) is not None


def test_a_depth_below_what_a_record_needs_is_declined() -> None:
    assert taken(report(), Limits(depth=columnar.DEPTH - 1)) is None
    assert taken(report(), Limits(depth=columnar.DEPTH)) is not None


def test_a_record_of_very_many_elements_is_declined() -> None:
    assert taken(report([record(), record(results=DKIM_PASS * 240)])) is not None
    assert taken(report([record(), record(results=DKIM_PASS * 260)])) is None
    assert taken(report([record(results=DKIM_PASS * 12_000)])) is None


def test_many_elements_outside_of_the_records_are_declined() -> None:
    assert taken(report(extra="<a/>" * 14_000)) is not None
    assert taken(report(extra="<a/>" * 20_000)) is None
    assert taken(report([record(), "<a/>" * 600])) is None
    assert taken(report([record(), *["<a>x</a>" * 100]])) is not None


def test_much_text_outside_of_the_records_is_declined() -> None:
    assert taken(report(extra=element("a", "x" * 90_000) * 11)) is not None
    assert taken(report(extra=element("a", "x" * 90_000) * 12)) is None


def test_a_mail_pays_for_what_is_taken_and_for_nothing_else() -> None:
    good, bad = text(record(), record("2")), text(record("x"))
    alone = tree.Spent()
    (found,) = columnar.read([good], Limits(), [alone])
    assert isinstance(found, columnar.Columns)
    assert_same(good, found, alone, Limits())
    mail, other = tree.Spent(elements=5, attributes=7), tree.Spent()
    columnar.read([good, bad, good, good], Limits(), [mail, mail, mail, other])
    assert mail == tree.Spent(5 + 2 * alone.elements, 7)
    assert other == alone


def test_a_mail_of_very_many_attributes_is_declined() -> None:
    one = text(record(), extra="<a b='c' d='e'/>")
    for before, expected in ((tree.ATTRIBUTES_IN_ALL - 4, 2), (tree.ATTRIBUTES_IN_ALL - 3, 1)):
        mail = tree.Spent(attributes=before)
        found = columnar.read([one] * 3, Limits(), [mail] * 3)
        assert sum(not isinstance(columns, str) for columns in found) == expected
        assert mail.attributes == before + 2 * expected


def test_what_would_pass_the_bound_of_its_mail_is_declined() -> None:
    alone = tree.Spent()
    columnar.read([text(record())], Limits(), [alone])
    room = tree.elements_in_all(Limits()) - 2 * alone.elements
    for before, expected in ((room, 2), (room + 1, 1)):
        mail = tree.Spent(elements=before)
        found = columnar.read([text(record())] * 3, Limits(), [mail] * 3)
        assert sum(not isinstance(one, str) for one in found) == expected
        assert mail.elements == before + expected * alone.elements


def _inside(inner: Callable[[int], str]) -> Callable[[int], bytes]:
    return lambda size: report([inner(size)]).encode()


IN_OUR_LANGUAGE = {
    "empty rows": _inside(lambda n: element("record", "<row/>" * (n // 6))),
    "empty records": _inside(lambda n: "<record></record>" * (n // 17)),
    "empty results": _inside(lambda n: record(results="<dkim/>" * (n // 7))),
    "bare reasons": _inside(lambda n: record(reasons="<reason/>" * (n // 9))),
    "records in records": _inside(lambda n: "<record>" * (n // 17) + "</record>" * (n // 17)),
    "references": _inside(lambda n: record(header_from="&amp;" * (n // 5))),
    "many references": _inside(lambda n: record(header_from="&#65;" * 1_000) * (n // 5_500)),
    "many names": _inside(lambda n: record(header_from="&amp;" * 100) * (n // 1_000)),
    "bad references": _inside(lambda n: record(header_from="&" * n)),
    "line ends": _inside(lambda n: record(extra="\r" * n)),
    "less-than signs": _inside(lambda n: record(extra="<" * n)),
    "greater-than signs": _inside(lambda n: record(extra=">" * n)),
    "angles": _inside(lambda n: record(extra="<>" * (n // 2))),
    "control characters": _inside(lambda n: record(extra="\x01" * n)),
    "non-characters": _inside(lambda n: record(extra="\uffff" * (n // 3))),
    "unknown names": _inside(lambda n: record(extra="<a/>" * (n // 4))),
    "one long name": _inside(lambda n: record(extra=f"<{'a' * n}/>")),
    "text before the records": lambda n: report(org_name="x" * n).encode(),
    "text behind the records": lambda n: report([record(), "x" * n]).encode(),
}


@pytest.mark.parametrize("make", {**HOSTILE, **IN_OUR_LANGUAGE}.values(), ids={**HOSTILE, **IN_OUR_LANGUAGE}.keys())
def test_a_hostile_document_costs_no_more_than_a_few_times_its_size(make: Callable[[int], bytes]) -> None:
    hostile = decode.Text(make(8 * MIB), "utf-8", 0, guessed=False)
    spent, good = tree.Spent(), text(record("3"))
    tracemalloc.start()
    try:
        found = columnar.read([good, hostile, good], Limits(), [tree.Spent(), spent, tree.Spent()])
        used = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [isinstance(one, str) for one in found] == [False, True, False]
    assert used < 3 * len(hostile.content) + 100 * MIB


def test_many_hostile_neighbours_cost_nobody_the_fast_way() -> None:
    odd = [
        "<",
        ">",
        "&",
        "\x01",
        "</row/>",
        "<row><row></row/>",
        "</row>",
        "<row>",
        "<row></record><record></row>",
        "<x/>",
        "",
        "</record></row>",
    ]
    texts = [text(record("3")), *(text(record() + one + record()) for one in odd)] * 20
    found = columnar.read(texts, Limits(), [tree.Spent() for _ in texts])
    harmless = {0, 1 + odd.index("")}
    assert [number % (1 + len(odd)) in harmless for number in range(len(texts))] == [
        not isinstance(one, str) for one in found
    ]
