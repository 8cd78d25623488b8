"""Gates for what is readable but cannot be believed: periods, dates and domains that make no sense for us.

A person who loads files vouches for them; there the gates are off unless the settings say otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from ingest.model import Fate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ingest.model import RawMail, ReadMail, ReadPayload, Report
    from ingest.settings import Gates


@dataclass(frozen=True, slots=True)
class SanityGates:
    """A step of the pipeline."""

    gates: Gates
    domains: tuple[str, ...] = ()  # ours; empty: not known, every domain may be

    def __call__(self, raw: RawMail, mail: ReadMail) -> ReadMail:
        """`mail` with every implausible report quarantined, all reasons named."""
        if raw.vouched and not self.gates.on_load:
            return mail
        received = mail.received_utc or raw.ingested_utc
        return replace(mail, payloads=tuple(self._gated(payload, received) for payload in mail.payloads))

    def _gated(self, payload: ReadPayload, received: datetime | None) -> ReadPayload:
        if payload.report is None or payload.fate is not Fate.ACCEPTED:
            return payload
        reasons = "; ".join(self._reasons(payload.report, received))
        return replace(payload, fate=Fate.QUARANTINED, reason=reasons) if reasons else payload

    def _reasons(self, report: Report, received: datetime | None) -> Iterator[str]:
        gates = self.gates
        if report.end_utc - report.begin_utc > timedelta(days=gates.period_days):
            yield f"the period is longer than {gates.period_days} days"
        if received is not None and report.end_utc > received + timedelta(days=gates.future_days):
            yield f"the period ends after the mail was received ({report.end_utc:%Y-%m-%d})"
        if received is not None and report.begin_utc < received - timedelta(days=gates.age_days):
            yield f"the period began more than {gates.age_days} days before the mail was received ({report.begin_utc:%Y-%m-%d})"
        if self.domains and not self._is_ours(report.policy_domain):
            yield f"{report.policy_domain} is not one of our domains"

    def _is_ours(self, domain: str) -> bool:
        return any(domain == ours or domain.endswith(f".{ours}") for ours in self.domains)
