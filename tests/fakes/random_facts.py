"""Reports and knowledge about sources at random, small enough that everything meets everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from tests.fakes.facts import a_record, a_report

if TYPE_CHECKING:
    from ingest.model import Report
    from ingest.records import Record

DOMAINS = ("example.com", "example.org")
ADDRESSES = (None, "192.0.2.1", "192.0.2.2", "2001:db8::1", "198.51.100.9")
_NAMES = st.sampled_from([None, "example.com", "Example.COM", "news.example.com", "example.org", "esp.example", "com"])
_RESULTS = st.sampled_from(["pass", "pass", "fail", "temperror", "permerror", "neutral", "none", None])
_TEXTS = st.sampled_from([None, "", "a", "b"])


@st.composite
def records(draw: st.DrawFn) -> Record:
    """One record: any address, verdict and results, also such as do not fit together."""
    dkim = draw(st.lists(st.tuples(_NAMES, _TEXTS, _RESULTS), max_size=3))
    spf = draw(st.lists(st.tuples(_NAMES, _RESULTS), max_size=2))
    made: Record = a_record(
        draw(st.integers(0, 5) | st.integers(0, 10**12)),
        aligned=draw(st.sampled_from(["", "", "", "dkim", "spf", "both"])),
        dkim=dkim,
        spf=spf,
        source_ip=draw(st.sampled_from(ADDRESSES)),
        disposition=draw(st.sampled_from([None, "none", "quarantine", "reject", "pass"])),
        header_from=draw(_NAMES | st.sampled_from(["", "(no domain)"])),
    )
    return made


@st.composite
def reports(draw: st.DrawFn) -> Report:
    """One report about some day, of some reporter, about some domain."""
    day = draw(st.integers(-20, 8))
    return a_report(
        *draw(st.lists(records(), min_size=1, max_size=6)),
        day=day,
        reporter=draw(st.sampled_from(["google.com", "Yahoo"])),
        policy_domain=draw(st.sampled_from(DOMAINS)),
        p=draw(st.sampled_from([None, "none", "Reject"])),
        report_id=draw(st.uuids()).hex,
    )


SOURCES: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "source_ip": st.sampled_from([one for one in ADDRESSES if one]),
        "service": st.sampled_from([None, "", "Tickets", "Letters"]),
        "service_kind": st.sampled_from([None, "Marketing", "Email Provider"]),
        "as_name": st.sampled_from([None, "", "Some Network", "Tickets"]),
        "country": st.sampled_from([None, "DE"]),
    }
)
