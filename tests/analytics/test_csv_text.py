"""CSV that runs nothing and loses nothing."""

from __future__ import annotations

import csv
import io
from datetime import date

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import csv_text
from analytics.frames import Column

TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)
DANGEROUS = st.text(st.sampled_from(" \u3000'\"=＝@x,\n\r\t\x00-+"), max_size=6)


def guarded(*texts: str | None) -> list[str | None]:
    found: list[str | None] = csv_text.neutralised(pa.array(texts, type=pa.string())).to_pylist()
    return found


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


@pytest.mark.parametrize("trigger", csv_text.TRIGGERS)
@pytest.mark.parametrize("before", ["", " ", "  ", "'", '"', "\u3000", "\ufeff", "\u200b", " \"'", "\x01", "\u00a0"])
def test_a_formula_is_guarded(before: str, trigger: str) -> None:
    text = f"{before}{trigger}HYPERLINK(1)"
    assert guarded(text) == [f"'{text}"]


@pytest.mark.parametrize("text", ["", "example.com", "a=b", "2001:db8::1", "'quoted'", "日本", "(none)", "[]", "1-2"])
def test_harmless_text_stays_as_it_is(text: str) -> None:
    assert guarded(text) == [text]


def test_a_missing_text_stays_missing() -> None:
    assert guarded(None) == [None]


@given(st.lists(TEXTS | DANGEROUS, min_size=1, max_size=20))
def test_guarding_can_be_undone(texts: list[str]) -> None:
    for text, cell in zip(texts, guarded(*texts), strict=True):
        assert cell is not None
        if cell != text:
            assert cell == f"'{text}"
        # Undo as documented: the first quote goes if what follows would be guarded.
        undone = cell[1:] if cell.startswith("'") and guarded(cell[1:]) == [cell] else cell
        assert undone == text


@given(st.lists(TEXTS | DANGEROUS, min_size=1, max_size=20))
def test_no_cell_begins_like_a_formula(texts: list[str]) -> None:
    for cell in guarded(*texts):
        assert cell is not None
        assert not cell.lstrip(csv_text.LEADING.replace("'", "")).startswith(tuple(csv_text.TRIGGERS))


@given(st.lists(st.tuples(TEXTS | DANGEROUS, TEXTS | DANGEROUS), min_size=1, max_size=10))
def test_every_csv_reader_gets_the_cells_back(rows: list[tuple[str, str]]) -> None:
    rows = [(one.replace("\x00", ""), two.replace("\x00", "")) for one, two in rows]
    table = pa.table({"a": [one for one, _ in rows], "b": [two for _, two in rows]})
    expected = [list(pair) for pair in zip(*(guarded(*column.to_pylist()) for column in table.columns), strict=True)]
    assert read(csv_text.lines(table)) == expected


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1))
def test_numbers_are_never_touched(numbers: list[int]) -> None:
    content = csv_text.lines(pa.table({"n": pa.array(numbers, type=pa.int64())}))
    assert [int(line) for line in content.decode().split()] == numbers


def test_types_have_one_form_each() -> None:
    table = pa.table(
        {
            "text": ['a "b"', "", None],
            "rate": pa.array([1 / 3, -0.5, float("nan")]),
            "yes": [True, False, None],
            "day": pa.array([0, 20000, None], type=pa.date32()),
            "time": pa.array([1_700_000_000_999_999, 0, None], type=pa.timestamp("us")),
        }
    )
    assert csv_text.lines(table).decode().splitlines() == [
        '"a ""b""",0.333333,true,1970-01-01,2023-11-14T22:13:20Z',
        '"",-0.5,false,2024-10-04,1970-01-01T00:00:00Z',
        ",,,,",
    ]


def test_a_frame_is_written_by_its_contract() -> None:
    contract = (Column("day", "day", "", ""), Column("names", "texts", "", ""), Column("n", "int?", "", ""))
    frame = pd.DataFrame(
        {
            "n": pd.array([1, None], dtype="Int64"),
            "names": [["a", "=b"], []],
            "day": pd.Series([date(2026, 3, 2), None]).astype("datetime64[us]"),
        }
    )
    assert csv_text.of_frame(frame, contract).decode() == 'day,names,n\n2026-03-02,"[""a"", ""=b""]",1\n,[],\n'
    assert csv_text.of_frame(frame.head(0), contract) == b"day,names,n\n"


def test_the_texts_of_a_frame_are_cells_too() -> None:
    frame = pd.DataFrame({"name": pd.Series(["a", None, "", "=b", 'say "c"'], dtype="str")})
    written = csv_text.of_frame(frame, (Column("name", "text", "", ""),)).decode()
    assert written == 'name\na\n\n""\n\'=b\n"say ""c"""\n'
