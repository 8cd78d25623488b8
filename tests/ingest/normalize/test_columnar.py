"""The fast way takes what reporters send, and says of it what parsedmarc and we say together."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from dashboards.demo.company import mails
from ingest.normalize import columnar, decode, tags, tree
from ingest.records import Reason
from ingest.settings import Limits
from tests.fakes.both_ways import CORPUS, other_way, taken, taken_together, texts_in
from tests.fakes.reports import DKIM_PASS, SPF_PASS, auth, element, record, report

REASON = "<reason><type>{}</type><comment>{}</comment></reason>"


def test_every_report_of_the_demo_but_the_one_cut_short_is_taken_and_read_the_same() -> None:
    texts = [text for mail in mails(date(2026, 3, 2)) for text in texts_in(mail.body)]
    found = columnar.read(texts, Limits(), [tree.Spent() for _ in texts])
    declined = [text for text, one in zip(texts, found, strict=True) if isinstance(one, str)]
    assert len(texts) > 3_000
    assert [text.content.rstrip().endswith(b"</feedback>") for text in declined] == [False]
    assert None not in taken_together([text for text in texts if text not in declined][::25])


@pytest.mark.corpus
def test_the_corpus_is_read_the_same_and_nearly_all_good_files_are_taken() -> None:
    manifest = CORPUS / "manifest.csv"
    if not manifest.exists():
        pytest.skip(f"no corpus in {CORPUS}")
    with manifest.open(encoding="utf-8", newline="") as file:
        tiers = {row["path"]: row["tier"] for row in csv.DictReader(file)}
    named = [(tier, text) for path, tier in tiers.items() for text in texts_in((CORPUS / "files" / path).read_bytes())]
    found = taken_together([text for _, text in named])
    good = [one is not None for (tier, _), one in zip(named, found, strict=True) if tier == "A"]
    print(
        f"{sum(good)} of {len(good)} good reports taken, {sum(one is not None for one in found)} of {len(found)} in all"
    )
    assert sum(good) / len(good) > 0.97


TAKEN = {
    "plain": record("3"),
    "zero": record("0"),
    "leading zeros": record("007"),
    "upper case": record(disposition="Quarantine", dkim="PASS", spf="Fail", header_from="Example.COM"),
    "no disposition": record(disposition=None),
    "blanks": record(" 3\n", source_ip="\n 192.0.2.1\t", header_from="  example.com ", dkim=" pass "),
    "blank names": record(envelope_from="  ", envelope_to="", header_from=" "),
    "no identifiers": record(identifiers="<identifiers/>"),
    "identities": record(identifiers="<identities><header_from>a.example</header_from></identities>"),
    "all names": record(envelope_from="B.example", envelope_to="C.example"),
    "IPv6": record(source_ip="2001:DB8::0001"),
    "IPv4 in IPv6": record(source_ip="::ffff:192.0.2.1"),
    "zone": record(source_ip="fe80::1%&lt;eth0&gt;"),
    "no results": record(results=""),
    "no auth_results": record(results=None),
    "empty results": record(results="<dkim/><spf></spf><dkim>text</dkim>"),
    "no domain": record(results=auth("dkim", None, "none") + "<spf><domain/><result>none</result></spf>"),
    "no selector": record(results=auth("dkim", "D.example", "Pass")),
    "no result": record(results=auth("spf", "d.example", None)),
    "many": record(results=DKIM_PASS * 3 + SPF_PASS + auth("dkim", "x.example", "fail", human_result="bad &amp; worse")),
    "two auth_results": record(results=DKIM_PASS, extra=element("auth_results", SPF_PASS + DKIM_PASS)),
    "reasons": record(reasons=REASON.format("forwarded", "") + REASON.format("local_policy", "a\tb\n c &#x1F600; 😀")),
    "bare reason": record(reasons="<reason> forwarded </reason><reason/><reason><comment>c</comment></reason>"),
    "line ends": record(reasons=REASON.format("other", "a\r\nb\rc")),
    "exotic blanks": record(header_from="\u3000example.com\u00a0", envelope_from="\u2003&#160;x\u0085"),
    "foreign letters": record(header_from="Ä.İ.ΣΑΣ.example", disposition="NÖNE"),
    "words around": record(row="<row>x<source_ip>192.0.2.1</source_ip>y<count>1</count>"
    "<policy_evaluated><dkim>pass</dkim><spf>pass</spf></policy_evaluated>z</row>"),
}  # fmt: skip


@pytest.mark.parametrize("odd", TAKEN.values(), ids=TAKEN.keys())
def test_what_reporters_send_is_taken(odd: str) -> None:
    for records in ([odd], [record(), odd, record("2"), odd]):
        assert taken(report(records)) is not None


DECLINED = {
    "a comment": record(extra="<!-- x -->"),
    "CDATA": record(header_from="<![CDATA[example.com]]>"),
    "an instruction": record(extra="<?x y?>"),
    "an attribute": record().replace("<count>", "<count a='b'>"),
    "an unknown element": record(extra="<x/>"),
    "a prefix": record().replace("count>", "x:count>"),
    "upper case": record().replace("count>", "COUNT>"),
    "an end tag with a blank": record().replace("</count>", "</count >"),
    "two rows": record(row=element("row", "<source_ip>192.0.2.1</source_ip><count>1</count>") * 2),
    "a row in two parts": record().replace("<count>", "</row><row><count>"),
    "verdicts in two parts": record().replace("<spf>fail", "</policy_evaluated><policy_evaluated><spf>fail"),
    "names in two parts": record(extra="<identities><envelope_to>x</envelope_to></identities>"),
    "two counts": record(row=element("row", "<source_ip>192.0.2.1</source_ip><count>1</count><count>2</count>")),
    "two header_from": record(header_from="a.example</header_from><header_from>b.example"),
    "no count": record(None),
    "a negative count": record("-5"),
    "a full-width count": record("１２"),
    "a long count": record("1" * 13),
    "no address": record(source_ip=None),
    "a bad address": record(source_ip="010.1.1.1"),
    "no verdict": record(spf=None),
    "an empty verdict": record(spf=" "),
    "an element in a text": record(header_from="<b>x</b>"),
    "a record in a record": record(extra=record()),
    "a carriage return": record(header_from="a&#13;b.example"),
    "an unknown reference": record(header_from="a&nbsp;b.example"),
    "a forbidden character": record(header_from="a&#0;b.example"),
    "a bare ampersand": record(header_from="a & b"),
    "a control character": record(header_from="a\x01b"),
    "a non-character": record(header_from="a\ufffeb"),
    "a greater-than sign": record(header_from="a > b"),
    "another end": record().replace("</count>", "</domain>"),
    "ends exchanged": record().replace("pass</dkim><spf>fail</spf>", "pass</spf><spf>fail</dkim>"),
    "tags crossed": record().replace("</row><identifiers>", "</identifiers><row>"),
    "an end tag too many": record(extra="</x>"),
    "an end tag missing": record().replace("</spf>", "", 1),
}


@pytest.mark.parametrize("odd", DECLINED.values(), ids=DECLINED.keys())
def test_what_is_not_understood_is_declined_and_harms_no_neighbour(odd: str) -> None:
    good = decode.decode(report([record("3"), record("4")]).encode())
    for records in ([odd], [record(), odd, record("2"), odd]):
        bad = decode.decode(report(records).encode())
        first, declined, last = columnar.read([good, bad, good], Limits(), [tree.Spent() for _ in range(3)])
        assert isinstance(declined, str)
        assert isinstance(first, columnar.Columns)
        assert isinstance(last, columnar.Columns)
        assert first.rows["messages"].to_pylist() == last.rows["messages"].to_pylist() == [3, 4]


HEADS = {
    "RFC 9990": {
        "attributes": ' xmlns="urn:ietf:params:xml:ns:dmarc-2.0"',
        "policy": "<np>none</np><testing>n</testing>",
    },
    "schema": {"attributes": ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"', "policy": "<pct>100</pct>"},
    "comment": {"extra": "<!-- <b> & -->", "meta": "<?x y?>"},
    "CDATA": {"org_name": "<![CDATA[A & B]]> <!-- no --> C"},
    "errors": {"meta": "<error lang='en'>e</error><extra_contact_info>a &gt; b</extra_contact_info>"},
    "extension": {"extra": "<extension a='1'><b>2</b></extension>"},
    "no version": {"version": None},
    "no name": {"org_name": None, "email": "dmarc@mail.eu.google.com"},
    "no name at all": {"org_name": None, "email": None},
    "not declared": {"declaration": ""},
    "blanks first": {"declaration": "\ufeff\n<?xml version='1.0'?>\n\n"},
    "root in capitals": {"root": "Feedback"},
    "no policy": {"p": None},
}


@pytest.mark.parametrize("parts", HEADS.values(), ids=HEADS.keys())
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_what_stands_around_the_records_is_read_as_ever(parts: dict[str, str | None], encoding: str) -> None:
    text = report([record(reasons=REASON.format("sampled_out", "é"))], **parts)  # type: ignore[arg-type]
    if encoding == "latin-1":
        text = text.replace("\ufeff", "").replace("UTF-8", "latin-1")
    assert taken(text.encode(encoding)) is not None


FOOLING = {
    "records inside of another element": lambda r: report([], extra=f"<x>{r}</x>"),
    "an empty record before them": lambda r: report([], extra=f"<record/><x>{r}</x>"),
    "a record in capitals before them": lambda r: report([], extra=f"<Record/><x>{r}</x>"),
    "a record with a prefix behind them": lambda r: report([r, "<x:record xmlns:x='u'/>"]),
    "a record in an attribute": lambda r: report([], extra=f"<x a='{r}'/>"),
    "records in a comment": lambda r: report([], extra=f"<!-- {r} -->"),
    "records in CDATA": lambda r: report([], extra=f"<x><![CDATA[{r}]]></x>"),
    "records in an instruction": lambda r: report([], extra=f"<?x {r} ?>"),
    "a record in a comment, and another": lambda r: report([r], extra=f"<!-- {r} -->"),
    "another, and a record in a comment": lambda r: report([r, f"<!-- {r} -->"]),
    "a comment that hides a record": lambda r: report([r, "<!--", r, "-->", r]),
    "two roots": lambda r: report([r]) + report([r], declaration=""),
    "an end missing": lambda r: report([r])[:-3],
    "no records": lambda _: report([]),
    "no begin": lambda r: report([r], begin=None),
    "a period before 1970": lambda r: report([r], begin=-5),
    "a period in the year 5138": lambda r: report([r], end=99_999_999_999),
    "a policy tag with foreign letters": lambda r: report([r], policy="<é>x</é>"),
    "a carriage return in the name": lambda r: report([r], org_name="mail.a&#13;b.example"),
    "no id": lambda r: report([r], report_id=""),
}


@pytest.mark.parametrize("make", FOOLING.values(), ids=FOOLING.keys())
def test_no_text_around_the_records_can_fool_it(make: object) -> None:
    assert taken(make(record())) is None  # type: ignore[operator]


def test_names_are_told_apart_to_the_last_letter() -> None:
    known = {*tags._NAMES}
    names = {name[:cut] + b"x" * more + name[cut:] for name in known for cut in range(len(name)) for more in (1, 2, 9)}
    names |= {name[:cut] + name[cut + 1 :] for name in known for cut in range(len(name))} - {b""}
    names |= {name + b"x" * more for name in known for more in range(1, 400)}
    letters = [bytes([letter]) for letter in b"abcdefghijklmnopqrstuvwxyz_ "]
    names |= {name[:cut] + one + name[cut + 1 :] for name in known for cut in range(len(name)) for one in letters}
    names |= {b"policy_evaluated" + b" " * more for more in range(1, 3_000)}
    assert codes_of(sorted(names - known)) == {0}
    assert codes_of(sorted(known)) == set(range(1, 23))


def codes_of(names: list[bytes]) -> set[int]:
    lengths = np.array([len(name) for name in names])
    text = memoryview(b"".join(names) + b"x" * tags.TAIL_BYTES)
    return set(tags._codes(text, np.cumsum(lengths) - lengths, lengths).tolist())


def test_a_large_report_is_read_in_pieces_and_counted_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columnar, "PIECE_BYTES", 2_000)
    found = taken(report([record(str(n), header_from=f"h{n % 7}.example") for n in range(50)]))
    assert found is not None
    assert found.rows["record_index"].num_chunks > 5
    assert found.rows["record_index"].to_pylist() == list(range(50))


def test_differences_names_the_record_and_the_column() -> None:
    text = report([record("3"), record("4", reasons=REASON.format("other", "x"))])
    found = taken(text)
    assert found is not None
    _, _, reconciled = other_way(decode.decode(text.encode()), Limits(), tree.Spent())
    first, second = reconciled.records
    assert columnar.differences(found.rows, [first, second]) == []
    changes: dict[str, Any] = {
        "source_ip": "192.0.2.1",
        "messages": 5,
        "dkim_aligned": False,
        "envelope_to": "x",
        "flags": ("zero_messages",),
        "spf": (),
        "reasons": (Reason("other", None),),
        "dkim": (replace(second.dkim[0], selector=None),),
    }
    for name, value in changes.items():
        assert columnar.differences(found.rows, [first, replace(second, **{name: value})]) == [f"1.{name}"]
    assert columnar.differences(found.rows, [first]) == ["2 records instead of 1"]
    assert columnar.differences(found.rows, [second, first])[0] == "1.record_index"
