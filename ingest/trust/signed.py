"""What DKIM signatures of a mail say: the words that `signature` answers with, for those who do not need its cryptography."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Signed(StrEnum):
    """What the signatures of the From domain say, all together. The first that holds."""

    VALID = "pass"
    ALTERED = "altered"  # the header is as it was signed, the body is not
    UNKNOWN = "not checked"  # DNS did not answer
    BROKEN = "fail"
    NO_KEY = "no key"  # DNS says that the key does not exist
    NONE = "none"  # not signed


@dataclass(frozen=True, slots=True)
class Verdict:
    """What holds, and for which d=."""

    signed: Signed
    domain: str | None = None
    subject_signed: bool = False
