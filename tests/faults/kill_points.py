"""The places where polls are killed: all of them fixed or drawn from a seed, so that a failure can be repeated."""

from __future__ import annotations

import random
from dataclasses import dataclass

SEED = 20260302


@dataclass(frozen=True)
class KillPoint:
    """`when` and for the how manyth time a step is deadly, see `tests.faults.points`."""

    step: str
    when: str
    number: int
    mode: str = "move"
    delay_s: float = 0.0

    def __str__(self) -> str:
        moment = f"{self.when}-{self.delay_s * 1000:.1f}ms" if self.delay_s else self.when
        return f"{moment}-{self.step}-{self.number}-{self.mode}".replace(" ", "_")


def _each(step: str, numbers: tuple[int, ...], whens: str = "before after", mode: str = "move") -> list[KillPoint]:
    return [KillPoint(step, when, number, mode) for number in numbers for when in whens.split()]


def _during(step: str, numbers: tuple[int, ...], times: int) -> list[KillPoint]:
    """DuckDB works without Python then: a commit and a checkpoint take some milliseconds."""
    rng = random.Random(f"{SEED} {step}")  # noqa: S311
    return [
        KillPoint(step, "during", number, delay_s=rng.uniform(0, 0.012)) for number in numbers for _ in range(times)
    ]


# The mailbox holds twelve mails, which come in batches of 5, 5 and 2. Transactions: seven migrations in one new file, three batches, the sources.
AT_STEPS = (
    *_each("spool batch", (1, 2, 3)),
    *_each("spool file", (1, 6, 12), "before half after"),
    *_each("fsync", (1, 5, 8, 20)),
    *_each("rename", (1, 6, 12)),
    *_each("journal", (1, 2, 3), "before half after"),
    *_each("connect", (1, 2, 4)),
    *_during("connect", (1,), 6),
    *_each("begin", (1, 2, 7, 8, 9, 11)),
    *_each("statement", (2, 8, 16, 24, 32, 40, 48, 72, 96)),
    *_each("commit", (1, 2, 7, 8, 9, 10, 11)),
    *_during("commit", (1, 8, 10, 11), 3),
    *_each("checkpoint", (1, 2, 3, 4, 6)),
    *_during("checkpoint", (1, 2, 4), 3),
    *_each("store batch", (1, 2, 3)),
    *_each("file batch", (1, 2, 3)),
    *_each("file batch", (1, 3), mode="flag"),
    *_each("file again", (1,)),
    *_each("imap select", (1,)),
    *_each("imap search", (1, 3)),
    *_each("imap fetch", (1, 2), mode="keep"),
    *_each("imap create", (1, 2)),
    *_each("imap move", (1, 2, 3)),
    *_each("imap flag", (1, 2, 3), mode="flag"),
    *_each("imap logout", (1,)),
    *_each("look up", (1,)),
    *_each("keep sources", (1,)),
)

# Shares of all calls that an undisturbed poll makes of functions in ingest.
_rng = random.Random(SEED)  # noqa: S311
AT_CALLS = tuple((_rng.choice(("keep", "move", "flag")), _rng.random()) for _ in range(80))

# Seconds after the start. The longest may be over before: then nothing was killed.
AT_MOMENTS = tuple((_rng.choice(("keep", "move", "flag")), _rng.uniform(0.05, 3.0)) for _ in range(12))
