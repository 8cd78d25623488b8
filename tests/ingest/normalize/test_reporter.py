"""A reporter is named as parsedmarc names it, though parsedmarc is not asked."""

from __future__ import annotations

import csv
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.normalize import decode, lane, raw, tree
from ingest.normalize.reporter import _overrides, reporter
from ingest.settings import Limits
from tests.fakes.both_ways import CORPUS
from tests.fakes.reports import report

WHOLE = raw.fields(tree.read(decode.decode(report().encode()), Limits(), tree.Spent(), raw.Records))


def named(org_name: str | None, email: str | None) -> str:
    """What parsedmarc makes of it, by the way that every report takes."""
    return lane.normalize(replace(WHOLE, org_name=org_name, email=email)).reporter


NAMES = [
    *(
        "google.com",
        "mail.eu.Google.com",
        "Yahoo",
        "Yahoo! Inc.",
        "comcast.net",
        "co.uk",
        "x.co.uk",
        ".uk",
        "a..b",
        "a.b.",
    ),
    *(
        "例え.jp",
        "www.例え.jp",
        "xn--r8jz45g.jp",
        "MAIL.RU",
        "-",
        ".",
        "..",
        "a.kobe.jp",
        "city.kobe.jp",
        "x.github.io",
    ),
    *(
        "Enterprise Outlook",
        "a\tb.example",
        "a\u00a0b.example",
        "a\u2028b.example",
        "İ.example",
        "<b>",
        "a&b.example",
        "x.local",
        "com",
    ),
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_cut_to_its_organization_as_parsedmarc_cuts_it(name: str) -> None:
    assert reporter(name, "x@other.example") == named(name, "x@other.example")
    assert reporter(None, f"x@{name}") == named(None, f"x@{name}")


def test_without_a_name_the_address_names_the_reporter() -> None:
    for email in (None, "x", "x@", "@", "@x", "a@b@Mail.Example.org", "a@ mail.example.org"):
        assert reporter(None, email) == named(None, email)
    assert reporter(None, "x@mail.example.org") == "example.org"
    assert reporter(None, None) == "unnamed"


def test_every_ending_in_the_list_of_parsedmarc_is_known() -> None:
    from parsedmarc import utils

    assert list(_overrides()) == utils.psl_overrides
    for ending in _overrides():
        assert reporter(f"host{ending}", None) == utils.get_base_domain(f"host{ending}")


@pytest.mark.corpus
def test_every_reporter_of_the_corpus_is_named_the_same() -> None:
    path = CORPUS / "expectations.csv"
    if not path.exists():
        pytest.skip(f"no corpus in {CORPUS}")
    with path.open(encoding="utf-8", newline="") as file:
        found = {row["org_name"].strip() for row in csv.DictReader(file)}
    assert len(found) > 100
    assert {name: reporter(name, None) for name in found if name} == {name: named(name, None) for name in found if name}


_labels = st.one_of(
    st.sampled_from(
        ["com", "co", "uk", "jp", "kobe", "city", "github", "io", "amazonaws", "compute", "mail", "Google", ""]
    ),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=5),
)
_endings = st.one_of(st.just(""), st.sampled_from(_overrides()))
_names = st.builds(
    lambda labels, ending: (".".join(labels) + ending).strip() or None, st.lists(_labels, max_size=5), _endings
)


@settings(deadline=None, max_examples=300)
@given(_names, st.one_of(st.none(), _names))
def test_any_name_is_the_one_that_parsedmarc_gives(name: str | None, email: str | None) -> None:
    assert reporter(name, email) == named(name, email)


READING = """
import sys
from ingest.normalize import columnar, decode, reporter, tree
from ingest.settings import Limits
(found,) = columnar.read([decode.decode(sys.stdin.buffer.read())], Limits(), [tree.Spent()])
print(reporter.reporter(found.head.org_name, found.head.email), found.messages)
print(sorted({"parsedmarc", "pandas", "duckdb"} & set(sys.modules)))
"""


def test_a_process_that_only_reads_loads_neither_parsedmarc_nor_pandas() -> None:
    text = report(org_name="mail.eu.google.com", email="a &amp; b").encode()
    done = subprocess.run([sys.executable, "-c", READING], input=text, capture_output=True, check=True)
    assert done.stdout.decode().splitlines() == ["google.com 1", "[]"]
