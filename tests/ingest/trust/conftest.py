"""A judge with a DNS server of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from ingest.model import Origin, RawMail, ReadPayload
from ingest.reading import read
from ingest.settings import Limits, TrustSettings
from ingest.trust.judge import TrustJudge
from ingest.trust.keys import Keys
from tests.fakes.key_server import KeyServer, key_server
from tests.fakes.signed_mail import MX, key_record

if TYPE_CHECKING:
    from collections.abc import Iterator

DAY = datetime(2026, 3, 3, 4, 0, 0)  # noqa: DTZ001 - naive UTC


@dataclass
class Bench:
    """What tests ask."""

    server: KeyServer

    def judge(self, *, quarantine: bool = True, **settings: Any) -> TrustJudge:
        """A judge that believes our MX and asks the server here."""
        options = {"authserv_ids": (MX,), "nameservers": ("127.0.0.1",), "timeout_s": 0.2, **settings}
        chosen = TrustSettings(**options)
        return TrustJudge(chosen, quarantine=quarantine, keys=Keys(chosen, port=self.server.port))

    def payload(self, body: bytes, judge: TrustJudge | None = None, **raw: Any) -> ReadPayload:
        """The one payload of a mail, judged."""
        options = {"received_utc": DAY, "ingested_utc": DAY, **raw}
        mail = RawMail(Origin(path="x"), body, **options)
        (payload,) = (judge or self.judge())(mail, read(mail, Limits())).payloads
        return payload

    def evidence(self, body: bytes, judge: TrustJudge | None = None, **raw: Any) -> dict[str, Any]:
        """Its evidence."""
        payload = self.payload(body, judge, **raw)
        assert payload.trust_evidence is not None
        kept: dict[str, Any] = json.loads(payload.trust_evidence)
        assert kept["level"] == payload.trust
        return kept

    def level(self, body: bytes, judge: TrustJudge | None = None, **raw: Any) -> int:
        """Its level."""
        return int(self.evidence(body, judge, **raw)["level"])


@pytest.fixture
def bench() -> Iterator[Bench]:
    """Google, Microsoft and a small reporter publish the key; nobody else does."""
    keys = dict.fromkeys(
        ("s1._domainkey.google.com", "s1._domainkey.notification.microsoft.com", "s1._domainkey.small.example.org"),
        key_record(),
    )
    with key_server(keys) as server:
        yield Bench(server)
