"""Trust levels as they were found when the mails came in: keys rotate, so nobody can find them again."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ingest.model import Fate

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ingest.journal import Verdict
    from ingest.model import RawMail, ReadMail, ReadPayload
    from ingest.ports import Step
    from ingest.settings import TrustSettings

    Verdicts = Mapping[tuple[str, str, datetime | None], Verdict]  # by mail sha256, payload sha256, ingested_utc


@dataclass(frozen=True, slots=True)
class Remembered:
    """A step of the pipeline for mails that are read again."""

    verdicts: Verdicts
    settings: TrustSettings
    otherwise: Step  # judges a mail whose run was broken off before it was judged

    def __call__(self, raw: RawMail, mail: ReadMail) -> ReadMail:
        """`mail` with the level and the evidence that the journal holds; reports below the minimum quarantined."""
        if any(one.report is not None and self._said(mail, one) is None for one in mail.payloads):
            return self.otherwise(raw, mail)
        quarantine = self.settings.on_load or not raw.vouched
        return replace(mail, payloads=tuple(self._marked(one, mail, quarantine=quarantine) for one in mail.payloads))

    def _said(self, mail: ReadMail, payload: ReadPayload) -> Verdict | None:
        return self.verdicts.get((mail.sha256, payload.sha256, mail.ingested_utc))

    def _marked(self, payload: ReadPayload, mail: ReadMail, *, quarantine: bool) -> ReadPayload:
        said = self._said(mail, payload)
        if payload.report is None or said is None:
            return payload
        marked = replace(payload, trust=said.trust, trust_evidence=said.evidence)
        if not quarantine or payload.fate is not Fate.ACCEPTED or said.trust >= self.settings.minimum:
            return marked
        label = "forged" if said.trust == 0 else "not trusted enough"
        return replace(marked, fate=Fate.QUARANTINED, reason=f"{label}: {_why(said.evidence)}")


def _why(evidence: str | None) -> str:
    return str(json.loads(evidence).get("why", "")) if evidence else ""
