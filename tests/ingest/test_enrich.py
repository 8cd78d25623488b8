"""Sources are looked up as parsedmarc does it, once, without network."""

from __future__ import annotations

import ipaddress
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from parsedmarc.utils import get_ip_address_info

from ingest.enrich import LocalEnricher, Source, is_public

PRIVATE = (
    "10.0.0.1",
    "172.16.5.4",
    "192.168.1.1",
    "127.0.0.1",
    "169.254.1.1",
    "100.64.0.1",
    "240.0.0.1",
    "255.255.255.255",
)
PRIVATE6 = ("::1", "fe80::1", "fc00::1", "fd12:3456::1", "2001:db8::1", "::", "ff02::1", "100::1")
KNOWN = ("8.8.8.8", "209.85.220.41", "40.107.22.100", "2a00:1450:4864:20::52b", "149.72.120.5", "2001:4860:4860::8888")


def addresses() -> list[str]:
    """300 addresses: known senders, private ones, and random ones of both kinds."""
    chance = random.Random(7)  # noqa: S311 - a sample
    four = [str(ipaddress.IPv4Address(chance.getrandbits(32))) for _ in range(178)]
    six = [
        str(ipaddress.IPv6Address((0x2 << 124) | (chance.getrandbits(16) << 108) | chance.getrandbits(100)))
        for _ in range(100)
    ]
    return [*PRIVATE, *PRIVATE6, *KNOWN, *four, *six]


def theirs(address: str, reverse_map: dict[str, Any]) -> Source:
    info = get_ip_address_info(address, offline=True, always_use_local_files=True, reverse_dns_map=reverse_map)
    return Source(
        source_ip=address,
        reverse_name=info["reverse_dns"],
        country=info["country"],
        asn=info["asn"],
        as_name=info["as_name"],
        as_domain=info["as_domain"],
        service=info["name"],
        service_kind=info["type"],
    )


def test_three_hundred_addresses_are_known_as_parsedmarc_knows_them() -> None:
    chosen = addresses()
    reverse_map: dict[str, Any] = {}
    assert len(chosen) == 300
    assert LocalEnricher().look_up(chosen) == [theirs(address, reverse_map) for address in chosen]


def test_known_senders_are_named() -> None:
    found = {source.source_ip: source for source in LocalEnricher().look_up(KNOWN)}
    assert found["209.85.220.41"].asn == 15169
    assert found["209.85.220.41"].service is not None
    assert found["40.107.22.100"].as_domain == "microsoft.com"


def test_nothing_is_known_about_private_addresses() -> None:
    for source in LocalEnricher().look_up(["10.0.0.1", "fd12:3456::1"]):
        assert source == Source(source.source_ip)


def test_a_reverse_name_names_the_service_better_than_the_network() -> None:
    (found,) = LocalEnricher().look_up(["192.0.2.1"], {"192.0.2.1": "o1.ptr.sendgrid.net"})
    assert (found.reverse_name, found.service) == ("o1.ptr.sendgrid.net", "Twilio SendGrid")
    (own,) = LocalEnricher().look_up(["192.0.2.1"], {"192.0.2.1": "mail.example-company.com"})
    assert (own.service, own.service_kind) == ("example-company.com", None)


def test_an_address_without_a_reverse_name_is_known_by_its_network() -> None:
    with_none, without = (LocalEnricher().look_up(["8.8.8.8"], names)[0] for names in ({"8.8.8.8": None}, None))
    assert with_none == without


@pytest.mark.parametrize("address", [*PRIVATE, *PRIVATE6[:-2]])
def test_private_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", KNOWN)
def test_senders_on_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(min_size=1, max_size=40) | st.from_regex(r"[\\0-9a-z._-]{1,60}", fullmatch=True))
def test_a_stranger_cannot_break_the_lookup_with_a_name(name: str) -> None:
    (found,) = LocalEnricher().look_up(["203.0.113.9"], {"203.0.113.9": name})
    assert found.reverse_name == name
