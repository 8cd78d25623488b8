"""Whatever a report looks like: where the fast way takes it, both ways say the same, and what it takes alone it takes among others."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.normalize import columnar, decode, tree
from ingest.settings import Limits
from tests.fakes.both_ways import taken, taken_together
from tests.fakes.reports import element, report
from tests.ingest.test_mutations import CHANGES, VALID, changed

LAW = settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])

_words = st.sampled_from(
    ["pass", "fail", "none", "Pass", "quarantine", "PASS", "temperror", "s1", "example.com", "A.Example", "", " ", "-"]
    + ["例え.example", "İstanbul", "ΣΑΣ", "\u3000x\u00a0", "\u2028", "😀", "a\tb", "a\nb", "a\r\nb", "a\rb", "\ufeffx"]
    + [
        "a &amp; b",
        "&lt;i&gt;",
        "&#65;",
        "&#x1F600;",
        "&#32;x&#xA0;",
        "&#9;",
        "&#10;",
        "&#13;",
        "&quot;&apos;",
        "]",
        "'\"",
    ]
)
_free = st.text(st.characters(codec="utf-8", exclude_characters="<&>", exclude_categories=["Cc", "Cs"]), max_size=12)
_blank = st.sampled_from(["", "", "", " ", "\n    ", "\r\n\t", "\u00a0"])
_texts = st.builds(lambda before, text, after: before + text + after, _blank, st.one_of(_words, _words, _free), _blank)
_numbers = st.one_of(
    st.integers(0, 10**9).map(str),
    st.sampled_from(["0", "007", " 5\n", "+3", "-1", "1_000", "１２", "9" * 12, "9" * 13, "", "x", "1.0", "&#49;"]),
)
_addresses = st.one_of(
    st.ip_addresses().map(str),
    st.ip_addresses(v=6).map(lambda ip: ip.exploded.upper()),
    st.sampled_from(
        ["::ffff:192.0.2.1", "::192.0.2.1", "::", "fe80::1%eth0", "1.2.3", "010.1.1.1", " 192.0.2.1\n", "", "x"]
    ),
    st.sampled_from(
        ["1::", "::1:0:0:2", "0:0:1::", "1:0:2:0:3:0:4:0", "2001:db8:0:0:1:0:0:1", "::ffff:0:1.2.3.4", "256.1.1.1"]
    ),
)


def _mostly(usual: st.SearchStrategy[str], odd: st.SearchStrategy[str], one_in: int = 20) -> st.SearchStrategy[str]:
    """`usual`, and at times `odd`."""
    return st.integers(1, one_in).flatmap(lambda number: odd if number == 7 else usual)


def _leaf(name: str, text: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Mostly there, at times empty or missing, rarely in a way that is declined."""
    missing = st.sampled_from([f"<{name}/>", "", f"<{name}></{name}>", *[f"<{name} />"] * (name == "scope")])
    return _mostly(text.map(lambda inner: element(name, inner)), missing, 7)


def _unusual(*values: str) -> st.SearchStrategy[str]:
    """Mostly the first."""
    return _mostly(st.just(values[0]), st.sampled_from(values[1:]), 8)


@st.composite
def _parts(draw: st.DrawFn, *parts: st.SearchStrategy[str], around: str = "") -> str:
    """Some elements, mostly in order, with blanks or words between them."""
    drawn = [draw(part) for part in parts]
    if draw(st.integers(0, 5)) == 0:
        drawn = draw(st.permutations(drawn))
    joint = draw(st.sampled_from(["", "", "\n  ", "\r\n", " word "]))
    inner = joint.join(drawn)
    return element(around, joint + inner + joint) if around else inner


def _many(part: st.SearchStrategy[str], most: int = 3) -> st.SearchStrategy[str]:
    return st.lists(part, max_size=most).map("".join)


_reasons = _many(
    st.one_of(
        _parts(_leaf("type", _words), _leaf("comment", _texts), around="reason"),
        st.sampled_from(["<reason/>", "<reason>forwarded</reason>", "<reason> </reason>"]),
    )
)
_dkim = _parts(
    _leaf("domain", _texts),
    _leaf("selector", _texts),
    _leaf("result", _words),
    _leaf("human_result", _texts),
    around="dkim",
)
_spf = _parts(_leaf("domain", _texts), _leaf("scope", _words), _leaf("result", _words), around="spf")
_results = _many(st.one_of(_dkim, _spf, st.sampled_from(["<dkim/>", "<spf></spf>", "<dkim>x</dkim>"])), 4)
_verdict = st.sampled_from(["pass", "fail", "Pass", " pass\n", "none", "FAIL"])
_evaluated = _parts(
    _leaf("disposition", _words),
    _verdict.map(lambda text: element("dkim", text)),
    _verdict.map(lambda text: element("spf", text)),
    _reasons,
    around="policy_evaluated",
)
_names = st.sampled_from(["identifiers", "identifiers", "identities"])
_identifiers = _names.flatmap(
    lambda name: _parts(
        _leaf("envelope_to", _texts), _leaf("envelope_from", _texts), _leaf("header_from", _texts), around=name
    )
)
_plain_number = st.integers(0, 10**9).map(str)
_row = _parts(
    _mostly(st.ip_addresses().map(str), _addresses).map(lambda text: element("source_ip", text)),
    _mostly(_plain_number, _numbers).map(lambda text: element("count", text)),
    _evaluated,
    around="row",
)
_record = _parts(_row, _identifiers, _results.map(lambda inner: element("auth_results", inner)), around="record")
_odd = st.sampled_from(
    [
        "<record/>",
        "<record></record>",
        "<extension>x</extension>",
        "<!-- c -->",
        "<record a='b'/>",
        "<Record></Record>",
        "<x>",
    ]
)
_records = st.lists(_mostly(_record, _odd), min_size=1, max_size=4)
_heads = st.fixed_dictionaries(
    {},
    optional={
        "org_name": st.one_of(st.none(), _texts),
        "email": st.one_of(st.none(), _texts),
        "report_id": _texts,
        "domain": _texts,
        "p": st.one_of(st.none(), _words),
        "version": st.one_of(st.none(), _words),
        "begin": _unusual("1772409600", "0", "-5", "9999999999", "1772409600.5", "99999999999", "x", " 1\n", "&#49;"),
        "policy": _unusual("", "<pct>100</pct>", "<np>none</np>", "<P>x</P><İ>x</İ>", "<sp/>", "<x><y/></x>"),
        "meta": _unusual("", "<generator>g</generator>", "<error>e</error>", "<error lang='en'>e</error>"),
        "attributes": _unusual("", ' xmlns="urn:ietf:params:xml:ns:dmarc-2.0"', ' xmlns:xs="x" a="b"', ' xmlns="x"'),
        "extra": _unusual("", "<extension><a/></extension>", "<x><record/></x>", " word ", "<xs:schema/>"),
        "declaration": _unusual("", "\ufeff<?xml version='1.0'?>", "<?XML ?>", "\n<?xml version='1.0'?>\r\n", "<?x?>"),
    },
)  # fmt: skip


def _taken_or_not(text: str) -> None:
    taken(text.encode("utf-8", "surrogatepass"))


@LAW
@given(_records, _heads)
def test_what_is_taken_is_what_the_other_way_reads(records: list[str], head: dict[str, str | None]) -> None:
    _taken_or_not(report(records, **head))  # type: ignore[arg-type]


@LAW
@given(st.lists(_record, min_size=1, max_size=6))
def test_records_of_every_shape_are_read_the_same(records: list[str]) -> None:
    _taken_or_not(report(records))


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(_records, _heads), min_size=2, max_size=6))
def test_a_neighbour_changes_nothing(several: list[tuple[list[str], dict[str, str | None]]]) -> None:
    texts = [report(records, **head) for records, head in several]  # type: ignore[arg-type]
    taken_together([decode.decode(text.encode("utf-8", "surrogatepass")) for text in texts])


@LAW
@given(st.sampled_from(VALID), CHANGES)
def test_a_damaged_report_is_declined_or_read_the_same(text: str, changes: list[tuple[str, float, int]]) -> None:
    for how, share, number in changes:
        text = changed(text, how, share, number)
    _taken_or_not(text)


@LAW
@given(st.sampled_from(VALID), st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=8)), min_size=1, max_size=4))
def test_a_report_with_foreign_bytes_is_declined_or_read_the_same(text: str, holes: list[tuple[float, bytes]]) -> None:
    content = text.encode()
    for share, filling in holes:
        place = int(share * len(content))
        content = content[:place] + filling + content[place + len(filling) :]
    taken(content)


_pieces = [
    "<record>",
    "</record>",
    "<row>",
    "</row>",
    "<row/>",
    "<count>",
    "</count>",
    "<",
    ">",
    "/",
    "</",
    "/>",
    "</row/>",
]
_pieces += [
    "<record/>",
    "<>",
    "</>",
    "1",
    " ",
    "&amp;",
    "&",
    "<count",
    "<spf>",
    "</spf>",
    "<a>",
    "</a>",
    "]]>",
    "<!",
    "<?",
]


@LAW
@given(st.lists(st.sampled_from(_pieces), max_size=14))
def test_tags_in_any_order_are_declined_and_harm_no_neighbour(pieces: list[str]) -> None:
    good = decode.decode(VALID[0].encode())
    bad = decode.decode(report(["<record>" + "".join(pieces) + "</record>"]).encode())
    found = columnar.read([good, bad, good], Limits(), [tree.Spent() for _ in range(3)])
    assert isinstance(found[1], str)
    for one in (found[0], found[2]):
        assert isinstance(one, columnar.Columns)
        assert one.rows["messages"].to_pylist() == [1, 20, 300]


def test_the_strategies_give_mostly_what_is_taken() -> None:
    counts = {True: 0, False: 0}

    @settings(deadline=None, max_examples=200, database=None, derandomize=True)
    @given(_record)
    def count(one: str) -> None:
        counts[taken(report([one])) is not None] += 1

    count()
    print(counts)
    assert counts[True] > counts[False]
