"""Reads reports by both ways, and holds one against the other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ingest import aggregate, unpack
from ingest.model import Kind, Origin, RawMail
from ingest.normalize import columnar, decode, raw, reporter, tree
from ingest.normalize.reconcile import Reconciled
from ingest.settings import Limits

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.normalize.columnar import Columns
    from ingest.normalize.decode import Text
    from ingest.normalize.raw import RawReport

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"


def texts_in(body: bytes, name: str = "x") -> Iterator[Text]:
    """Every aggregate report inside of a mail or file."""
    for payload in unpack.payloads(RawMail(Origin(path=name), body), Limits()):
        if payload.kind is Kind.AGGREGATE and payload.refused is None:
            yield decode.decode(payload.content)


def taken(text: Text | str | bytes, limits: Limits | None = None) -> Columns | None:
    """The columns of one report, which say what the other way says; None when they are not taken."""
    if not isinstance(text, decode.Text):
        text = decode.decode(text.encode() if isinstance(text, str) else text)
    spent = tree.Spent()
    (found,) = columnar.read([text], limits or Limits(), [spent])
    if isinstance(found, str):
        assert found
        assert spent == tree.Spent()
        return None
    assert_same(text, found, spent, limits or Limits())
    return found


def taken_together(texts: Sequence[Text]) -> list[Columns | None]:
    """The same for many; each comes out as it does alone."""
    spents = [tree.Spent() for _ in texts]
    found = columnar.read(texts, Limits(), spents)
    alone = [columnar.read([text], Limits(), [tree.Spent()])[0] for text in texts]
    for text, one, other, spent in zip(texts, found, alone, spents, strict=True):
        if isinstance(one, str) or isinstance(other, str):
            assert one == other
        else:
            assert one.rows.equals(other.rows)
            assert_same(text, one, spent, Limits())
    return [None if isinstance(one, str) else one for one in found]


def other_way(text: Text, limits: Limits, spent: tree.Spent) -> tuple[RawReport, str, Reconciled]:
    """What the way through parsedmarc makes of it: the report as sent, the reporter's name, the records."""
    report = raw.fields(tree.read(text, limits, spent, raw.Records))
    rows = aggregate._normalized(report)
    return report, rows.reporter, Reconciled(tuple(rows.records), rows.unreadable)


def assert_same(text: Text, found: Columns, spent: tree.Spent, limits: Limits) -> None:
    """What was taken is what the other way reads, to the last flag."""
    other_spent = tree.Spent()
    report, name, reconciled = other_way(text, limits, other_spent)
    assert columnar.differences(found.rows, reconciled.records) == []
    assert not reconciled.unreadable
    assert found.head == replace(report, records=())
    assert (found.format, found.messages) == (report.format, report.messages)
    assert reporter.reporter(found.head.org_name, found.head.email) == name
    assert spent == other_spent
