"""What people say about verdicts, held against mail: overrides where it is judged, mutes where unauthorized mail is listed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analytics.ask import ask_plainly
from analytics.labels import UNKNOWN_NETWORK
from analytics.verdict.grouping import By as Line
from analytics.verdict.grouping import envelope, line_of
from analytics.verdict.rules import OF_KIND
from ingest.opinions import By, OpinionAct, What, act_of
from ingest.rules import EVERY_DOMAIN, lies_under

if TYPE_CHECKING:
    from datetime import date

    from analytics.reader import Reader
    from analytics.verdict.material import Cases, Flags


@dataclass(frozen=True, slots=True)
class Said:
    """An act in force, and its number."""

    act_no: int
    act: OpinionAct


def in_force(reader: Reader, what: What) -> tuple[Said, ...]:
    """Overrides or mutes that nobody took back, oldest first.

    Raises:
        StoreError: the database is missing, busy or damaged.
    """
    return tuple(Said(int(row["act_no"]), act_of(row)) for row in ask_plainly(reader, "opinions", {"what": str(what)}))


def breaks_of(said: tuple[Said, ...]) -> set[date]:
    """The first UTC days on which one does not hold any more."""
    return {one.act.opinion.until + timedelta(days=1) for one in said if one.act.opinion.until}


def overridden(answers: pd.DataFrame, cases: Cases, overrides: tuple[Said, ...]) -> pd.DataFrame:
    """The answers about the cases that are asked for, with `act_no`; where somebody said otherwise, their verdict. What was said last counts.

    An override has the rule that gives its verdict elsewhere, so that the next step fits, and is sure.
    """
    frame = answers.assign(act_no=pd.array([None] * len(answers), dtype="Int64"))
    for one in overrides:
        rule = OF_KIND.get(one.act.opinion.verdict)
        mask = _fits(one.act, cases)[cases.asked]
        if rule is None or not mask.any():
            continue
        told = {"verdict": str(rule.verdict), "kind": rule.kind, "side": str(rule.side), "rule_id": rule.id}
        for name, value in {**told, "confidence": "high"}.items():
            frame[name] = frame[name].mask(mask, value)
        frame["act_no"] = frame["act_no"].mask(mask, one.act_no)
    return frame


def muted(frame: pd.DataFrame, mutes: tuple[Said, ...]) -> pd.Series[bool]:
    """Which rows of `cases.judged_cases`, day by day, somebody muted."""
    found = pd.Series(False, index=frame.index)
    for one in mutes:
        subject, until = one.act.opinion.subject, one.act.opinion.until
        lines = line_of(frame, Line(subject.by.value))
        if subject.by is By.SOURCE:
            known = {text: _within(str(text), subject.value) for text in lines.unique()}
            mask = lines.map(known).astype(bool)
        else:
            mask = lines.astype(str).str.casefold().eq(subject.value.casefold())
        if subject.domain != EVERY_DOMAIN:
            mask &= frame["header_from"].map(lambda name, domain=subject.domain: lies_under(name, domain)).astype(bool)
        found |= mask & (True if until is None else frame["last_day"].le(pd.Timestamp(until)))
    return found


def _fits(act: OpinionAct, cases: Cases) -> Flags:
    """The cases that an override is about."""
    subject, material = act.opinion.subject, cases.material
    if subject.by is By.SOURCE:
        mask = material.addresses.where("source_ip", lambda text: _within(text, subject.value))[cases.address]
    elif subject.by is By.SERVICE:
        wanted = subject.value.casefold()
        told = [material.addresses.texts(name) for name in ("service", "as_name")]
        names = [one or other or UNKNOWN_NETWORK for one, other in zip(*told, strict=True)]
        mask = np.array([name.casefold() == wanted for name in names], dtype=bool)[cases.address]
    elif subject.by is By.ENVELOPE:
        mask = envelope(material.evidence.frame).eq(subject.value).to_numpy(dtype=bool)[cases.evidence]
    else:
        mask = material.evidence.equals("header_from", subject.value)[cases.evidence]
    if subject.domain != EVERY_DOMAIN:
        mask = (
            mask & material.evidence.where("header_from", lambda text: lies_under(text, subject.domain))[cases.evidence]
        )
    return mask & (True if act.opinion.until is None else cases.days <= np.datetime64(act.opinion.until))


def _within(text: str, network: str) -> bool:
    try:
        return ip_address(text) in ip_network(network)
    except ValueError:
        return text == network
