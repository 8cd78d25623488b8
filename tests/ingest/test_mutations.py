"""A valid report, damaged in any way, is read with the right sums or visibly not accepted."""

from __future__ import annotations

import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.model import Fate
from ingest.settings import Limits
from tests.fakes.reports import gz, mail, record, report
from tests.fuzz.claims import delivered

VALID = (
    report([record(str(n)) for n in (1, 20, 300)]),
    report(
        [record("7", reasons="<reason><type>other</type><comment>a &amp; b</comment></reason>")], policy="<pct>9</pct>"
    ),
    report([record("5"), record("6")], attributes=' xmlns="urn:ietf:params:xml:ns:dmarc-2.0"', policy="<np>none</np>"),
    report([record(str(n), header_from="例え.example") for n in range(9)], declaration='<?xml version="1.0"?>'),
)
ELEMENT = re.compile(r"<([a-z_]+)>(?:(?!<\1>).)*?</\1>", re.DOTALL)
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(("drop", "double", "empty", "swap", "truncate", "flip", "cut")),
        st.floats(0, 1),
        st.integers(0, 255),
    ),
    min_size=1,
    max_size=3,
)


def changed(text: str, how: str, share: float, number: int) -> str:
    """`text` with one element or character changed, at a share of its length."""
    if how in {"drop", "double", "empty", "swap"}:
        found = list(ELEMENT.finditer(text))
        if not found:
            return text
        element = found[int(share * (len(found) - 1))]
        name = element.group(1)
        other = found[number % len(found)].group()
        inner = {"drop": "", "double": element.group() * 2, "empty": f"<{name}/>", "swap": other}[how]
        return text[: element.start()] + inner + text[element.end() :]
    position = int(share * len(text))
    if how == "truncate":
        return text[:position]
    if how == "cut":
        return text[:position] + text[position + number % 40 :]
    return text[:position] + chr(number) + text[position + 1 :]


@settings(deadline=None, max_examples=500, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(VALID), CHANGES)
def test_a_changed_report_adds_up_or_is_not_accepted(text: str, changes: list[tuple[str, float, int]]) -> None:
    for how, share, number in changes:
        text = changed(text, how, share, number)
    delivered(text.encode(), Limits())


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(VALID),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=4),
    st.booleans(),
)
def test_flipped_bytes_add_up_or_are_not_accepted(text: str, flips: list[tuple[float, int]], inside: bool) -> None:  # noqa: FBT001 - hypothesis
    content = bytearray(text.encode() if inside else mail(gz(text.encode())))
    for share, number in flips:
        content[int(share * (len(content) - 1))] ^= number
    delivered(mail(gz(bytes(content))) if inside else bytes(content), Limits())


def test_the_independent_count_counts() -> None:
    found = delivered(VALID[0].encode(), Limits()).payloads[0]
    assert (found.fate, found.xml_records, found.xml_messages) == (Fate.ACCEPTED, 3, 321)
