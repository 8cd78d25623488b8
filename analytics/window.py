"""A span of UTC days, and perhaps one domain: what every number is asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from ingest.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Window:
    """The days from `since` to `until`, both included, and the policy domain; `domain=None` means all domains.

    Raises:
        SettingsError: `since` is after `until`.
    """

    since: date
    until: date
    domain: str | None = None

    def __post_init__(self) -> None:
        if self.since > self.until:
            raise SettingsError(
                f"{self.since} is after {self.until}", hint="the first day must not be later than the last day"
            )

    @classmethod
    def last(cls, days: int, until: date, domain: str | None = None) -> Window:
        """The `days` days that end with `until`."""
        return cls(until - timedelta(days=days - 1), until, domain)

    @property
    def days(self) -> int:
        """How many days it holds, at least 1."""
        return (self.until - self.since).days + 1

    def previous(self) -> Window:
        """As many days directly before it, same domain."""
        length = timedelta(days=self.days)
        return replace(self, since=self.since - length, until=self.until - length)

    def parameters(self) -> dict[str, Any]:
        """For SQL: $since, $until, $domain, and the window before it as $previous_since, $previous_until."""
        before = self.previous()
        return {
            "since": self.since,
            "until": self.until,
            "domain": self.domain,
            "previous_since": before.since,
            "previous_until": before.until,
        }
