"""What reporters see of a world and write down: reports as the store takes them, and beside them what is true of each record."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from ingest.records import DkimResult, SpfResult
from tests.fakes.facts import MONDAY, a_record, a_report
from tests.simulator.nouns import DAYS, Owner, Told, Truth
from tests.simulator.reporters import BAD_DNS_DAYS, FLIPS, LATE, LATE_ELSE, REPORTERS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from ingest.model import Report
    from ingest.records import Record
    from tests.simulator.nouns import Domain, Flow, Reporter, Way
    from tests.simulator.world import World

WEEK = (1.15, 1.2, 1.15, 1.1, 1.05, 0.7, 0.65)  # of the mean, Monday first
AT_ONE_ADDRESS = 80  # messages of a flow that a reporter sees a day come from about so many different addresses


@dataclass(frozen=True, slots=True)
class Said:
    """A record, in whose report it stands, and what is true of it."""

    day: date
    domain: Domain
    reporter: str
    record: Record
    truth: Truth


def seen(world: World) -> list[Said]:
    """Every record of the four weeks; the same for the same world."""
    rng = np.random.default_rng([world.seed, 7])
    return [
        said
        for number in range(DAYS)
        for reporter in REPORTERS
        for said in _Writer(rng, world, reporter, MONDAY + timedelta(days=number)).records(number)
    ]


def reports(all_said: list[Said]) -> list[Report]:
    """One report per day, reporter and policy domain."""
    together: dict[tuple[date, str, Domain], list[Record]] = {}
    for said in all_said:
        together.setdefault((said.day, said.reporter, said.domain), []).append(said.record)
    return [
        a_report(
            *records,
            day=day,
            reporter=reporter,
            report_id=f"{reporter} {domain.name} {day}",
            policy_domain=domain.name,
            p=domain.p,
            testing="y" if domain.testing else None,
        )
        for (day, reporter, domain), records in together.items()
    ]


class _Writer:
    """One reporter on one day."""

    def __init__(self, rng: np.random.Generator, world: World, reporter: Reporter, day: date) -> None:
        self._rng, self._world, self._reporter, self._day = rng, world, reporter, day
        self._late = LATE if rng.random() < BAD_DNS_DAYS else LATE_ELSE

    def records(self, number: int) -> Iterator[Said]:
        for flow in self._world.flows:
            if number not in flow.days:
                continue
            expected = flow.per_day * self._reporter.share * WEEK[self._day.weekday()] * self._rng.lognormal(0, 0.15)
            for address, way, messages in self._cells(flow, int(self._rng.poisson(expected))):
                for part, wrong in self._parts(way, messages):
                    written = self._record(flow, way, wrong)
                    record = replace(written, source_ip=address, source_ip_raw=address, messages=part)
                    truth = _truth(flow, way, record, wrong)
                    yield Said(self._day, self._domain(flow), self._reporter.name, record, truth)

    def _cells(self, flow: Flow, messages: int) -> Iterator[tuple[str, Way, int]]:
        """Messages spread over addresses and ways."""
        if not messages:
            return
        wanted = min(len(flow.addresses), 1 + messages // AT_ONE_ADDRESS)
        addresses = self._rng.choice(flow.addresses, size=wanted, replace=False)
        shares = np.array([way.share for way in flow.ways])
        for address, part in zip(addresses, self._rng.multinomial(messages, [1 / wanted] * wanted), strict=True):
            for way, some in zip(flow.ways, self._rng.multinomial(part, shares / shares.sum()), strict=True):
                if some:
                    yield str(address), way, int(some)

    def _parts(self, way: Way, messages: int) -> Iterator[tuple[int, str]]:
        """Most messages are checked as they should be; what the checks of the others end with."""
        later = int(self._rng.binomial(messages, self._late))
        flipped = int(self._rng.binomial(messages - later, FLIPS)) if way.signatures else 0
        for part, wrong in ((messages - later - flipped, ""), (later, "temperror"), (flipped, "fail")):
            if part:
                yield part, wrong

    def _record(self, flow: Flow, way: Way, wrong: str) -> Record:
        domain = self._domain(flow)
        signatures = [(d, s, wrong or result) for d, s, result in way.signatures]
        spf_domain, spf_result = way.spf[0], "temperror" if wrong == "temperror" else way.spf[1]
        dkim = any(result == "pass" and _same(d, domain.name) for d, _, result in signatures)
        spf = spf_result == "pass" and way.envelope != "" and _same(spf_domain, domain.name)
        passes, silent = dkim or spf, self._rng.random() < self._reporter.no_results
        named = self._reporter.selectors
        scope = self._reporter.scope and ("helo" if way.envelope == "" else self._reporter.scope)
        checks = () if silent else (SpfResult(spf_domain, scope, spf_result),)
        record = a_record(
            header_from=flow.header_from,
            envelope_from=way.envelope if self._reporter.envelope_from else None,
            disposition="none" if passes else domain.p,
            reasons=() if passes else self._reasons(way, domain),
        )
        return replace(
            record,
            dkim_aligned=dkim,
            spf_aligned=spf,
            dkim=() if silent else tuple(DkimResult(d, s if named else None, result) for d, s, result in signatures),
            spf=checks,
        )

    def _reasons(self, way: Way, domain: Domain) -> tuple[tuple[str | None, str | None], ...]:
        reporter = self._reporter
        told = way.hint in reporter.reasons and self._rng.random() < reporter.tells
        found = [reporter.reasons[way.hint]] if told else []
        if domain.testing and reporter.says_test_mode and domain.p != "none":
            found.append(("policy_test_mode", None))
        return tuple(found)

    def _domain(self, flow: Flow) -> Domain:
        return next(domain for domain in self._world.domains if _same(flow.header_from, domain.name))


def _same(name: str, domain: str) -> bool:
    return name == domain or name.endswith(f".{domain}")


def _truth(flow: Flow, way: Way, record: Record, wrong: str) -> Truth:
    """Whose it is stands in the way; whether it passes, in the record."""
    if way.owner is Owner.STRANGER:
        return Truth(Told.SPOOFED, "", flow.name)
    if way.owner is Owner.PASSED_ON:
        return Truth(Told.PASSED_ON, "", flow.name)
    if record.dkim_aligned or record.spf_aligned:
        return Truth(Told.FINE, "", flow.name)
    well_set_up = any(r == "pass" and _same(d, flow.header_from) for d, _, r in way.signatures) or (
        way.spf[1] == "pass" and _same(way.spf[0], flow.header_from)
    )
    if well_set_up and wrong == "temperror":
        return Truth(Told.TEMPORARY, "", flow.name)
    return Truth(Told.BROKEN, way.cause, flow.name)
