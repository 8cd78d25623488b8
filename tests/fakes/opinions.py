"""Things that people say about verdicts, with defaults."""

from __future__ import annotations

from datetime import date, datetime

from ingest.opinions import By, Opinion, OpinionAct, What, subject_of

NOON = datetime(2026, 3, 5, 12)  # noqa: DTZ001 - naive UTC


def an_opinion(
    value: str = "192.0.2.0/24",
    verdict: str = "spoofing.direct",
    *,
    by: By = By.SOURCE,
    domain: str = "*",
    until: date | None = None,
) -> Opinion:
    """That mail from a network is spoofing, unless told otherwise."""
    return Opinion(subject_of(by, value, domain), verdict, until)


def a_mute(value: str = "Example Net (AS64500)", *, by: By = By.NETWORK, domain: str = "*") -> Opinion:
    """That a network is not to be listed, unless told otherwise."""
    return Opinion(subject_of(by, value, domain))


def an_act(what: What = What.OVERRIDE, opinion: Opinion | None = None, *, at_utc: datetime = NOON) -> OpinionAct:
    """Anna says it at noon."""
    said = opinion or (an_opinion() if what is What.OVERRIDE else a_mute())
    return OpinionAct(at_utc, "anna", what, "asked the team", said)
