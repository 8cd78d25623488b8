"""How a reporter's reports look: period, id, XML, packing and mail. All of it seen in real reports."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import random
    from datetime import date

DAY_S = 86_400


class Window(Protocol):
    """The period of the report about a day."""

    def __call__(self, day: date, rng: random.Random) -> tuple[int, int]:
        """Begin and end as Unix time; the middle lies in `day` (UTC)."""
        ...


class ReportId(Protocol):
    """How the reporter makes its ids."""

    def __call__(self, domain: str, end: int, rng: random.Random) -> str:
        """An id of the report about `domain` for the period that ends at `end`."""
        ...


def midnight(day: date) -> int:
    """Unix time of 00:00 UTC."""
    return int(datetime.combine(day, time.min, UTC).timestamp())


def to_last_second(day: date, rng: random.Random) -> tuple[int, int]:
    """00:00:00 to 23:59:59 UTC."""
    del rng
    return midnight(day), midnight(day) + DAY_S - 1


def to_next_midnight(day: date, rng: random.Random) -> tuple[int, int]:
    """The end is the begin of the next report."""
    del rng
    return midnight(day), midnight(day) + DAY_S


def chinese_day(day: date, rng: random.Random) -> tuple[int, int]:
    """Midnight to midnight in UTC+8."""
    del rng
    return midnight(day) - 8 * 3600, midnight(day) + 16 * 3600 - 1


def evening_to_evening(day: date, rng: random.Random) -> tuple[int, int]:
    """21:00Z to 21:00Z."""
    del rng
    return midnight(day) - 3 * 3600, midnight(day) + 21 * 3600


def first_to_last_message(day: date, rng: random.Random) -> tuple[int, int]:
    """Some hours that touch no boundary."""
    return midnight(day) + rng.randrange(1200, 20_000), midnight(day) + rng.randrange(50_000, 84_000)


def nineteen_digits(domain: str, end: int, rng: random.Random) -> str:
    """Like Google's."""
    del domain, end
    return str(rng.randrange(10**18, 18 * 10**18))


def hexadecimal(domain: str, end: int, rng: random.Random) -> str:
    """32 hexadecimal digits."""
    del domain, end
    return f"{rng.getrandbits(128):032x}"


def dashed(domain: str, end: int, rng: random.Random) -> str:
    """A UUID with dashes."""
    digits = hexadecimal(domain, end, rng)
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def clock_and_fraction(domain: str, end: int, rng: random.Random) -> str:
    """Seconds with six decimals."""
    del domain
    return f"{end + rng.randrange(6_000, 30_000)}.{rng.randrange(10**6):06d}"


def date_time_stamp(domain: str, end: int, rng: random.Random) -> str:
    """Twenty digits that read as a local time."""
    del domain
    return f"{datetime.fromtimestamp(end + 3600, UTC):%Y%m%d%H%M%S}{rng.randrange(10**6):06d}"


def domain_and_clock(domain: str, end: int, rng: random.Random) -> str:
    """As small gateways do."""
    del rng
    return f"{domain}:{end}"


def comcast(domain: str, end: int, rng: random.Random) -> str:
    """Version, clock, domain."""
    return f"v2-{end + rng.randrange(5_000, 20_000)}-{domain}"


def counter(domain: str, end: int, rng: random.Random) -> str:
    """A running number."""
    del domain
    return str(end * 3 + rng.randrange(90_000))


@dataclass(frozen=True, slots=True)
class XmlHabit:
    """Which elements a reporter writes, and how it lays them out."""

    declaration: str = '<?xml version="1.0" encoding="UTF-8" ?>'
    attributes: str = ""
    indent: str = "  "  # "": everything on one line
    tail: str = ""  # stands before each line break
    version: bool = True
    sp: bool = True
    np: bool = False
    pct: bool = True
    fo: bool = False
    discovery: str = ""  # psl or treewalk; writes `testing`, too (RFC 9990)
    generator: str = ""
    envelope_from: bool = True
    spf_scope: str = "mfrom"  # "": not written
    spf_domain: bool = True
    human_result: bool = False
    empty_signature: bool = False  # an unsigned mail gets a <dkim> without content
    empty_reason: bool = False  # a <reason> without content on every failure
    says_pass: bool = False  # disposition `pass` under an enforcing policy (RFC 9990)


@dataclass(frozen=True, slots=True)
class MailHabit:
    """How a reporter packs and mails its XML."""

    packing: str = "gzip"  # gzip, zip, xml
    media_type: str = "application/gzip"
    single_part: bool = False
    text: str = ""
    subject: str = "Report Domain: {domain} Submitter: {submitter} Report-ID: {report_id}"
    id_in_name: bool = False
    lag_h: tuple[float, float] = (1.0, 8.0)  # after the end of the period


@dataclass(frozen=True, slots=True)
class Reporter:
    """An organisation that receives mail and reports about it."""

    org_name: str
    email: str
    submitter: str  # in the subject and the file name
    sends_from: str
    host: str  # name and address of its outgoing server
    host_ip: str
    shoppers: float  # its share (0..1) of the company's mail to each audience
    business: float
    world: float
    contact: str = ""
    window: Window = to_last_second
    report_id: ReportId = hexadecimal
    xml: XmlHabit = field(default_factory=XmlHabit)
    mail: MailHabit = field(default_factory=MailHabit)
    recipients: tuple[str, ...] = ()  # values of envelope_to; () means: not reported
    list_reason: tuple[str, str] | None = None  # how it explains mercy for mailing lists
    keeps_old_policy: bool = False  # one day longer than others
    knows_np: bool = False
    row_per_message: bool = False

    def share(self, audience: str) -> float:
        """Its share (0..1) of the mail to that audience."""
        return {"shoppers": self.shoppers, "business": self.business, "world": self.world}[audience]
