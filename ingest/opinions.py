"""What people say about verdicts: an override says what mail is, a mute keeps a line off the list of unauthorized mail. Every act is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ingest import registry, rules
from ingest.errors import SettingsError
from ingest.rules import EVERY_DOMAIN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime

_VERDICT = re.compile(r"[a-z_]+\.[a-z_]+")
_LABEL = re.compile(r"\([a-z ]{1,60}\)")  # what stands on a page where nothing was reported
_PATTERN = re.compile(r"dkim=[^=]{1,100} spf=[^=]{1,100}")
_COUNTRY = re.compile(r"[a-z]{2}|unknown country")


class What(StrEnum):
    """What is said, or taken back."""

    OVERRIDE = "override"  # mail of a subject has this verdict, whatever the rules say
    MUTE = "mute"  # mail of a subject is not listed among unauthorized mail
    WITHDRAW_OVERRIDE = "withdraw_override"
    WITHDRAW_MUTE = "withdraw_mute"

    @property
    def kind(self) -> What:
        """OVERRIDE or MUTE: which of both it says or takes back."""
        return What(self.value.removeprefix("withdraw_"))

    @property
    def withdrawal(self) -> What:
        """What takes it back."""
        return What(f"withdraw_{self.kind.value}")


class By(StrEnum):
    """What a subject is told by."""

    SOURCE = "source"  # an address, or a network of addresses
    SERVICE = "service"  # by the name that pages show
    NETWORK = "network"  # `Example Net (AS64500)`
    COUNTRY = "country"
    ENVELOPE = "envelope"  # domain of MAIL FROM
    PATTERN = "pattern"  # `dkim=none spf=fail`
    NAME = "name"  # domain in From:, this one alone


ABOUT = {  # what each may be about
    What.OVERRIDE: (By.SOURCE, By.SERVICE, By.ENVELOPE, By.NAME),
    What.MUTE: (By.NETWORK, By.COUNTRY, By.ENVELOPE, By.PATTERN, By.SOURCE, By.NAME),
}


@dataclass(frozen=True, slots=True)
class Subject:
    """The mail that is spoken of; `subject_of` makes one in the form that is kept."""

    by: By
    value: str
    domain: str = EVERY_DOMAIN  # of header_from, with all below it; or EVERY_DOMAIN

    def __str__(self) -> str:
        """For people: `source 192.0.2.0/24 (example.com)`."""
        return f"{self.by.value} {self.value}" + (f" ({self.domain})" if self.domain != EVERY_DOMAIN else "")


@dataclass(frozen=True, slots=True)
class Opinion:
    """What is said about a subject."""

    subject: Subject
    verdict: str = ""  # of an override: verdict.kind, as `spoofing.direct`; else empty
    until: date | None = None  # last UTC day of mail for which it holds; None: for ever


@dataclass(frozen=True, slots=True)
class OpinionAct:
    """What a person said. The last act about a subject, of overrides or of mutes, counts; a withdrawal ends it and says nothing else."""

    at_utc: datetime
    who: str
    what: What
    why: str
    opinion: Opinion

    @property
    def key(self) -> tuple[What, Subject]:
        """What only one act can be in force about."""
        return self.what.kind, self.opinion.subject


def standing(acts: Iterable[OpinionAct]) -> dict[tuple[What, Subject], OpinionAct]:
    """The acts that are in force after all of these, in the order in which they were said."""
    held: dict[tuple[What, Subject], OpinionAct] = {}
    for act in acts:
        held.pop(act.key, None)
        if act.what is act.what.kind:
            held[act.key] = act
    return held


def subject_of(by: By, value: str, domain: str = EVERY_DOMAIN) -> Subject:
    """The subject in the form that is kept: domains as reports write them, addresses in canonical form.

    Raises:
        SettingsError: there is no such thing, or it fits no mail.
    """
    (about,) = registry.domains_of([domain])
    made = Subject(by, _value(by, value.strip()), about)
    if by is By.NAME and about != EVERY_DOMAIN and not rules.lies_under(made.value, about):
        raise SettingsError(f"{made.value} does not lie under {about}: that fits no mail", hint="leave the domain out")
    return made


def checked(act: OpinionAct) -> OpinionAct:
    """The act with its texts stripped and its subject in the form that is kept.

    Raises:
        SettingsError: who or why is missing, or something cannot be said so.
    """
    who, why, opinion = act.who.strip(), act.why.strip(), act.opinion
    for name, text in (("who", who), ("why", why)):
        if not text:
            raise SettingsError(f"{act.what}: {name} is missing", hint="say who decided, and why: auditors read it")
        registry.refuse_odd(text, f"{act.what}: {name}")
    subject = subject_of(opinion.subject.by, opinion.subject.value, opinion.subject.domain)
    allowed = ABOUT[act.what.kind]
    if subject.by not in allowed:
        raise SettingsError(f"{act.what} is not about a {subject.by}", hint="it is about " + ", ".join(allowed))
    if act.what is What.OVERRIDE and not _VERDICT.fullmatch(opinion.verdict):
        raise SettingsError(f"{opinion.verdict!r} is no verdict", hint="for instance spoofing.direct")
    if act.what is not What.OVERRIDE and opinion.verdict:
        raise SettingsError(f"{act.what} gives no verdict", hint="an override does")
    if act.what is not act.what.kind and opinion.until:
        raise SettingsError(f"{act.what} has no last day", hint="say it again with another last day instead")
    return replace(act, who=who, why=why, opinion=replace(opinion, subject=subject))


def idle(act: OpinionAct, before: OpinionAct | None) -> SettingsError | None:
    """What to raise when the act would change nothing, given what is in force about its subject; None: it changes something."""
    kind, subject = act.what.kind, act.opinion.subject
    hint = f"`whosends {kind} list` says what is in force"
    if act.what is not kind and before is None:
        return SettingsError(f"no {kind} of {subject} is in force", hint=hint)
    if before is not None and act.what is kind and act.opinion == before.opinion:
        return SettingsError(f"{kind} of {subject}: that is said already", hint=hint)
    return None


def plain(act: OpinionAct) -> dict[str, Any]:
    """The act in texts, a time and a date, by the columns of `v_opinion_act`; `act_of` makes it again."""
    subject, opinion = act.opinion.subject, act.opinion
    return {
        "at_utc": act.at_utc,
        "who": act.who,
        "what": act.what.value,
        "why": act.why,
        "subject_by": subject.by.value,
        "subject_value": subject.value,
        "subject_domain": subject.domain,
        "verdict": opinion.verdict,
        "until": opinion.until,
    }


def act_of(row: Mapping[str, Any]) -> OpinionAct:
    """The act that was kept as `row`; more keys do no harm.

    Raises:
        KeyError, ValueError: something is missing, or is no What or By.
    """
    subject = Subject(By(row["subject_by"]), row["subject_value"], row["subject_domain"])
    opinion = Opinion(subject, row["verdict"], row["until"])
    return OpinionAct(row["at_utc"], row["who"], What(row["what"]), row["why"], opinion)


def _value(by: By, text: str) -> str:
    """In the form that is kept."""
    low = text.lower()
    if by in {By.SOURCE, By.ENVELOPE, By.NAME} and _LABEL.fullmatch(low):
        return low
    if by is By.SOURCE:
        hint = "write 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32"
        return rules.addresses(text, f"source {text!r}", before="", hint=hint)
    if by in {By.ENVELOPE, By.NAME}:
        return rules.domain_of(text)
    if by is By.PATTERN and not _PATTERN.fullmatch(text):
        raise SettingsError(f"{text!r} is no pattern", hint="write it as it is listed: dkim=none spf=fail")
    if by is By.COUNTRY and not _COUNTRY.fullmatch(low):
        raise SettingsError(f"{text!r} is no country", hint="write two letters, as it is listed")
    if not text or "\n" in text or "\t" in text:
        raise SettingsError(f"{text!r} is no {by}", hint="write it as it is listed")
    registry.refuse_odd(text, by.value)
    if by is By.COUNTRY:
        return text.upper() if len(text) == 2 else low
    return text
