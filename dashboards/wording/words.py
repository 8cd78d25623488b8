"""One language: its sentences and how it writes numbers, rates, days and times."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboards.wording import en, en_registry, en_verdicts, en_whose, ja, ja_registry, ja_verdicts, ja_whose, retention

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

FEW_MESSAGES = 30  # below this a percentage pretends more than it knows
NOTHING = "–"
MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True, slots=True)
class Words:
    """Sentences by key, filled with values that are text already."""

    language: str
    text: Mapping[str, str]
    months: tuple[str, ...]

    def __call__(self, key: str, **values: str) -> str:
        """The sentence of that key."""
        return self.text[key].format(**values)

    def has(self, key: str) -> bool:
        """There is a sentence of that key."""
        return key in self.text

    def some(self, key: str, how_many: int) -> str:
        """A number with its noun: `1 message`, `1,240 messages`."""
        form = "one" if how_many == 1 else "other"
        return self(f"{key}.{form}", n=self.number(how_many))

    def number(self, value: float) -> str:
        """A whole number with thousands separators."""
        return f"{int(value):,}"

    def percent(self, rate: float) -> str:
        """A rate 0..1 with one decimal; 100 % and 0 % only when it is exactly so."""
        if math.isnan(rate):
            return NOTHING
        shown = round(rate * 100, 1)
        if rate < 1 and shown >= 100:
            shown = 99.9
        if rate > 0 and shown <= 0:
            return self("format.less_than_percent", value="0.1")
        return self("format.percent", value=f"{shown:.0f}" if rate in {0, 1} else f"{shown:.1f}")

    def passed(self, passed: int, messages: int, rate: float) -> str:
        """A rate, or `27 of 29` when there are too few messages for one."""
        if messages == 0:
            return NOTHING
        if messages < FEW_MESSAGES:
            return self("format.of", part=self.number(passed), whole=self.number(messages))
        return self.percent(rate)

    def points(self, now: float, before: float) -> str | None:
        """The difference of two rates in percentage points with its sign; None when one is unknown."""
        if math.isnan(now) or math.isnan(before):
            return None
        difference = round(now * 100, 1) - round(before * 100, 1)
        return self("format.points", value=_signed(f"{abs(difference):.1f}", difference))

    def change(self, now: int, before: int) -> str | None:
        """The relative difference of two volumes with its sign; None when there was nothing before."""
        if before == 0:
            return None
        difference = now / before - 1
        return self("format.percent", value=_signed(f"{abs(difference) * 100:,.0f}", difference))

    def day(self, day: date) -> str:
        """A day with its year."""
        return self("format.day", day=str(day.day), month=self.months[day.month - 1], year=str(day.year))

    def span(self, since: date, until: date) -> str:
        """Two days, both included."""
        if since == until:
            return self.day(since)
        ends = {"since": self.day(since), "until": self.day(until)}
        if since.year == until.year:
            short = {"since_short": self._day_of_year(since), "until_short": self._day_of_year(until)}
            return self("format.span.same_year", **ends, **short)
        return self("format.span", **ends)

    def moment(self, moment_utc: datetime) -> str:
        """A time with its zone."""
        return self("format.moment", day=self.day(moment_utc.date()), time=f"{moment_utc:%H:%M}")

    def together(self, first: str, second: str) -> str:
        """Two sentences in a row."""
        return self("format.sentences", first=first, second=second)

    def _day_of_year(self, day: date) -> str:
        return self("format.day_of_year", day=str(day.day), month=self.months[day.month - 1])


ENGLISH = Words("en", en.TEXT | en_registry.TEXT | en_verdicts.TEXT | en_whose.TEXT | retention.ENGLISH, en.MONTHS)
JAPANESE = Words("ja", ja.TEXT | ja_registry.TEXT | ja_verdicts.TEXT | ja_whose.TEXT | retention.JAPANESE, ja.MONTHS)
LANGUAGES = {words.language: words for words in (ENGLISH, JAPANESE)}


def choose(*wishes: str | None) -> Words:
    """The first language wished for that exists (`ja-JP` counts as `ja`), else English."""
    for wish in wishes:
        language = (wish or "")[:2].lower()
        if language in LANGUAGES:
            return LANGUAGES[language]
    return ENGLISH


def _signed(amount: str, difference: float) -> str:
    if float(amount.replace(",", "")) == 0:
        return f"±{amount}"
    return f"+{amount}" if difference > 0 else f"{MINUS}{amount}"
