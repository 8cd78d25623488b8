"""What happens to the demo company, and when: every date hangs on `today`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

WEEKS = 13
MAIN = "komorebi-tea.example"  # offices, shop, newsletter
CAFE = "komorebi-cafe.example"  # cafés abroad
PARKED = "komorebi-matcha.example"  # registered, never used for mail
DOMAINS = (MAIN, CAFE, PARKED)

SHOP = f"shop.{MAIN}"  # order confirmations
LOYALTY = f"app.{CAFE}"  # the loyalty app
NO_SUCH_NAME = f"billing.{MAIN}"  # does not exist; spoofers like it


@dataclass(frozen=True, slots=True)
class Span:
    """Some UTC days, both ends inclusive."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        """Whether `day` is one of them."""
        return self.first <= day <= self.last

    @property
    def after(self) -> date:
        """The first day that is no longer part of it."""
        return self.last + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Policy:
    """A published DMARC record, as far as reports repeat it."""

    p: str
    sp: str
    np: str
    adkim: str = "r"
    aspf: str = "r"


OPEN = Policy(p="none", sp="none", np="none")
TIGHTENED = Policy(p="quarantine", sp="quarantine", np="reject")
CLOSED = Policy(p="reject", sp="reject", np="reject", adkim="s", aspf="s")


@dataclass(frozen=True, slots=True)
class Story:
    """Thirteen full weeks (Monday to Sunday, UTC) that end before `today`."""

    today: date

    @property
    def last_day(self) -> date:
        """The last Sunday before today."""
        return self.today - timedelta(days=self.today.weekday() + 1)

    @property
    def first_day(self) -> date:
        """The Monday of week 1."""
        return self.last_day - timedelta(days=7 * WEEKS - 1)

    @property
    def days(self) -> tuple[date, ...]:
        """All days, oldest first."""
        return tuple(self.first_day + timedelta(days=n) for n in range(7 * WEEKS))

    def week(self, number: int) -> Span:
        """Week 1 is the oldest, week 13 the last full one."""
        monday = self.first_day + timedelta(days=7 * (number - 1))
        return Span(monday, monday + timedelta(days=6))

    @property
    def policy_step(self) -> date:
        """On this day the main domain goes from p=none to p=quarantine: Thursday of week 7."""
        return self.week(7).first + timedelta(days=3)

    @property
    def spoof_burst(self) -> Span:
        """Someone pretends to be the company from many networks: week 9."""
        return self.week(9)

    @property
    def tickets_break(self) -> date:
        """From this day the ticket system signs with its own domain: Monday of week 10."""
        return self.week(10).first

    @property
    def key_rotation(self) -> Span:
        """Own servers sign with a key that is not in DNS: Tuesday to Friday of week 11."""
        monday = self.week(11).first
        return Span(monday + timedelta(days=1), monday + timedelta(days=4))

    @property
    def new_vendor(self) -> Span:
        """A survey tool that nobody announced: from Tuesday of the last week."""
        return Span(self.week(WEEKS).first + timedelta(days=1), self.last_day)

    def policy(self, domain: str, day: date) -> Policy:
        """What DNS says about `domain` on `day`."""
        if domain == PARKED:
            return CLOSED
        if domain == MAIN and day >= self.policy_step:
            return TIGHTENED
        return OPEN
