"""What a trust level rests on, as kept with the report and shown to people."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.trust import names

if TYPE_CHECKING:
    from ingest.trust.binding import Binding, Claims
    from ingest.trust.proof import Proof

MAX_TEXT = 200


@dataclass(frozen=True, slots=True)
class Verdict:
    """A level from 0 (forged) to 3 (proven, and a reporter that we know), and one sentence why."""

    level: int
    why: str


def as_json(verdict: Verdict, proof: Proof, said: Claims, bound: Binding | None) -> str:
    """The evidence, keys always the same and in the same order, texts cut to 200 characters.

    Args:
        verdict: the level and why.
        proof: how the sender was authenticated.
        said: what the report claims.
        bound: how that fits; None for a bare file.
    """
    known = bound.known if bound else None
    kept: dict[str, object] = {
        "level": verdict.level,
        "authenticated": {"way": proof.way, "result": proof.result, "domain": proof.domain},
        "from_domain": proof.from_domain,
        "reporter": _short(known.reporter if known else said.org_name),
        "reporter_email_domain": names.domain_of((said.email or "").strip("<> \t\r\n")),
        "submitter": _short(said.submitter),
        "filename_receiver": _short(said.receiver),
        "bound": bool(bound and bound.bound),
        "known": known is not None,
        "why": verdict.why,
    }
    return json.dumps(kept)


def _short(text: str | None) -> str | None:
    return text if text is None else text[:MAX_TEXT]
