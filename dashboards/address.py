"""The address of a page as a value: period, domain, language and drill-down. The address bar is the only memory of a page."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from analytics.window import Window

if TYPE_CHECKING:
    from collections.abc import Mapping

PRESET_DAYS = {"7d": 7, "28d": 28, "13w": 91}
DEFAULT_PRESET = "28d"
CUSTOM = "custom"
DRILL_KEYS = (
    *("service", "ip", "header_from", "cause", "report", "record"),
    *("fate", "reporter", "search", "came", "meets", "page"),
    *("entry", "propose", "rule", "from_domain", "name", "side", "by"),
)
LONGEST_VALUE = 500  # characters; longer ones are not ours


@dataclass(frozen=True, slots=True)
class Address:
    """What the query of an address says. Nonsense in it is ignored."""

    preset: str = DEFAULT_PRESET  # a key of PRESET_DAYS, or CUSTOM with both days
    since: date | None = None
    until: date | None = None
    domain: str | None = None
    language: str | None = None
    drill: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Address:
        """The address that `query()` wrote, or the nearest sensible one."""
        known = {key: value for key, value in query.items() if value and len(value) <= LONGEST_VALUE}
        since, until = _day(known.get("since")), _day(known.get("until"))
        custom = since is not None and until is not None and since <= until
        preset = known.get("window", DEFAULT_PRESET)
        return cls(
            preset=CUSTOM if custom else preset if preset in PRESET_DAYS else DEFAULT_PRESET,
            since=since if custom else None,
            until=until if custom else None,
            domain=known.get("domain"),
            language=known.get("lang"),
            drill={key: known[key] for key in DRILL_KEYS if key in known},
        )

    def query(self) -> dict[str, str]:
        """The shortest query that says this; defaults are left out."""
        values = {
            "window": self.preset if self.preset in PRESET_DAYS and self.preset != DEFAULT_PRESET else None,
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
            "domain": self.domain,
            "lang": self.language,
        }
        return {key: value for key, value in values.items() if value} | dict(self.drill)

    def window(self, today: date) -> Window:
        """The days asked for. A preset ends yesterday: today is never complete."""
        if self.since is not None and self.until is not None:
            return Window(self.since, self.until, self.domain)
        return Window.last(PRESET_DAYS[self.preset], today - timedelta(days=1), self.domain)

    def of_preset(self, preset: str) -> Address:
        """The same with a preset period."""
        return replace(self, preset=preset, since=None, until=None)

    def of_days(self, since: date, until: date) -> Address:
        """The same with given days, both included."""
        return replace(self, preset=CUSTOM, since=since, until=until)

    def of_domain(self, domain: str | None) -> Address:
        """The same for one domain, or for all; a drill-down into another domain's data ends."""
        return replace(self, domain=domain)

    def of_language(self, language: str) -> Address:
        """The same in another language."""
        return replace(self, language=language)

    def at(self, **drill: str | None) -> Address:
        """The same period and domain with exactly this drill-down; None leaves a step out."""
        return replace(self, drill={key: value for key, value in drill.items() if value})

    def step(self, **drill: str | None) -> Address:
        """One more step of the drill-down, or fewer with None."""
        return self.at(**{**self.drill, **drill})


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
