"""How the sender of a mail was authenticated: by our own server's header, else by DKIM, else not at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.trust import names
from ingest.trust.results import ours
from ingest.trust.signed import Signed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ingest.trust.head import Head
    from ingest.trust.keys import Keys
    from ingest.trust.results import Result

HEADER = "authentication-results"
DKIM = "dkim"
NOTHING = "none"


@dataclass(frozen=True, slots=True)
class Proof:
    """What is known about the sender. `domain` is the one that was authenticated, or failed to be."""

    way: str  # HEADER, DKIM or NOTHING
    result: str  # as the header says it, "dmarc=pass"; or as `Signed` says it
    domain: str | None
    from_domain: str | None
    subject_signed: bool = False

    @property
    def holds(self) -> bool:
        """Whether the domain in From is proven."""
        return self.result in {"dmarc=pass", "dkim=pass"} if self.way == HEADER else self.result == Signed.VALID

    @property
    def refuted(self) -> bool:
        """Whether our own server found that the domain in From is not who sent it."""
        return self.way == HEADER and not self.holds

    def unsigned(self, *, fresh: bool) -> bool:
        """Whether the From domain did not sign this. In a mail that is not fresh, keys may have changed since: only no signature counts."""
        late = () if not fresh else (Signed.BROKEN, Signed.NO_KEY)
        return self.way == DKIM and self.result in {Signed.NONE, *late}

    def altered(self) -> bool:
        """Whether only the body differs from what was signed."""
        return self.way == DKIM and self.result == Signed.ALTERED


def nothing(from_domain: str | None, why: str) -> Proof:
    """Not authenticated, and nothing to hold against it."""
    return Proof(NOTHING, why, None, from_domain)


def by_header(head: Head, servers: Sequence[str]) -> Proof | None:
    """What the header of one of our own servers decides about the domain in From; None when it does not.

    dmarc=pass and dmarc=fail decide; where the server does not check DMARC (or the domain has no policy), an aligned dkim=pass proves as much.
    """
    results, from_domain = ours(head.fields, servers) if head.clear else None, head.domain
    if results is None or from_domain is None:
        return None
    verdicts = {(result.result, result.get("header.from")) for result in results.of("dmarc")}
    if len(verdicts) == 1:
        result, domain = verdicts.pop()
        domain = names.domain(domain)
        if result in {"pass", "fail"} and domain and names.aligned(domain, from_domain):
            return Proof(HEADER, f"dmarc={result}", domain, from_domain)
    if not any(result in {"pass", "fail"} for result, _ in verdicts):
        for signature in results.of("dkim"):
            domain = _signer(signature)
            if signature.result == "pass" and names.aligned(domain, from_domain):
                return Proof(HEADER, "dkim=pass", domain, from_domain)
    return None


def _signer(signature: Result) -> str | None:
    return names.domain(signature.get("header.d")) or names.domain_of(signature.get("header.i"))


def by_signature(raw: bytes, head: Head, keys: Keys, *, received: datetime | None, known: bool) -> Proof:
    """What DKIM says about the domain in From. Asks DNS."""
    if head.domain is None:
        return nothing(None, "no usable From")
    from ingest.trust.signature import verify

    found = verify(raw, head.domain, keys, received=received, known=known)
    return Proof(DKIM, found.signed.value, found.domain, head.domain, subject_signed=found.subject_signed)
