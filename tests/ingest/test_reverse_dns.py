"""Reverse DNS: asked slowly, of public addresses only; no answer is an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ingest.enrich import LocalEnricher
from ingest.model import Origin, RawMail
from ingest.ports import utc_now
from ingest.reading import read
from ingest.reverse_dns import ReverseDns
from ingest.settings import EnrichSettings, Limits
from ingest.store import sources
from ingest.store.connect import Database
from ingest.store.write import DuckStore
from tests.fakes.name_server import SILENT, NameServer, name_server
from tests.fakes.reports import record, report_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAMES = {
    "8.8.8.8": ["DNS.Google."],
    "1.1.1.1": ["b.example.", "a.example."],
    "9.9.9.9": [],
    "9.9.9.10": ["."],
    "8.8.4.4": [SILENT],
    "2001:4860:4860::8888": ["six.example."],
}


@pytest.fixture
def server() -> Iterator[NameServer]:
    with name_server(NAMES) as running:
        yield running


def resolver(server: NameServer, pauses: list[float] | None = None, timeout_s: float = 5.0) -> ReverseDns:
    settings = EnrichSettings(reverse_dns=True, nameservers=("127.0.0.1",), timeout_s=timeout_s, queries_per_s=4)
    return ReverseDns(settings, port=server.port, sleep=(pauses if pauses is not None else []).append)


def test_a_name_is_lower_case_without_its_dot(server: NameServer) -> None:
    assert list(resolver(server).names(["8.8.8.8", "2001:4860:4860::8888"])) == [
        ("8.8.8.8", "dns.google"),
        ("2001:4860:4860::8888", "six.example"),
    ]


def test_of_several_names_the_first_in_order_is_taken(server: NameServer) -> None:
    assert dict(resolver(server).names(["1.1.1.1"])) == {"1.1.1.1": "a.example"}


@pytest.mark.parametrize("address", ["9.9.9.9", "9.9.9.10", "203.0.114.9"], ids=["no PTR", "root", "NXDOMAIN"])
def test_a_source_without_a_name_is_known_to_have_none(server: NameServer, address: str) -> None:
    assert list(resolver(server).names([address])) == [(address, None)]
    assert server.asked


def test_a_server_that_never_answers_does_not_stop_the_others(server: NameServer) -> None:
    assert list(resolver(server, timeout_s=0.2).names(["8.8.4.4", "8.8.8.8"])) == [
        ("8.8.4.4", None),
        ("8.8.8.8", "dns.google"),
    ]


def test_private_and_reserved_addresses_are_never_asked_about(server: NameServer) -> None:
    private = [
        "10.0.0.1",
        "192.168.1.1",
        "127.0.0.1",
        "169.254.1.1",
        "100.64.0.1",
        "fd00::1",
        "fe80::1",
        "::1",
        "192.0.2.1",
    ]
    pauses: list[float] = []
    assert list(resolver(server, pauses).names(private)) == [(address, None) for address in private]
    assert (server.asked, pauses) == ([], [])


def test_a_pause_follows_each_question(server: NameServer) -> None:
    pauses: list[float] = []
    list(resolver(server, pauses).names(["8.8.8.8", "10.0.0.1", "1.1.1.1"]))
    assert pauses == [0.25, 0.25]


def test_names_are_kept_and_not_asked_for_again_before_their_time(server: NameServer, tmp_path: Path) -> None:
    database, now = Database(tmp_path / "w.duckdb"), utc_now()
    body = report_bytes(
        [record("1", source_ip="1.1.1.1"), record("9", source_ip="8.8.8.8"), record("2", source_ip=None)]
    )
    DuckStore(database, parser="t").add([read(RawMail(Origin(path="x"), body), Limits())])
    assert sources.unknown(database) == ["1.1.1.1", "8.8.8.8"]
    sources.keep(database, LocalEnricher().look_up(sources.unknown(database)), now)
    assert sources.unknown(database) == []
    due = sources.without_reverse_name(database, asked_before=now, limit=10)
    assert due == ["8.8.8.8", "1.1.1.1"]
    assert sources.without_reverse_name(database, asked_before=now, limit=1) == ["8.8.8.8"]
    named = LocalEnricher().look_up(due, dict(resolver(server).names(due)))
    sources.keep(database, named, now, reverse_asked=True)
    assert sources.without_reverse_name(database, asked_before=now, limit=10) == []
    frame = database.frame("SELECT source_ip, reverse_name, service FROM v_source ORDER BY 1")
    assert list(frame["reverse_name"]) == ["a.example", "dns.google"]
