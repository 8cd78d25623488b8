"""What flows are made with: a seed's own numbers, names and addresses."""

from __future__ import annotations

import numpy as np

from tests.simulator.nouns import Domain, Flow, Owner, Way
from tests.simulator.places import Addresses

WORDS = (
    *("acorn", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron", "indigo", "juniper"),
    *("kestrel", "lagoon", "maple", "nectar", "opal", "pebble", "quartz", "raven", "saffron", "thistle"),
)


class Kit:
    """One company: the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.rng = np.random.default_rng(seed)
        self.addresses = Addresses(self.rng, reverse_dns=seed % 2 == 1)  # both settings are in use
        self.made: list[Flow] = []
        words = [str(word) for word in self.rng.permutation(WORDS)]
        self.main, self.shop, self.quiet, self.parked = (f"{word}.example" for word in words[:4])
        self.vendors = [f"{word}-cloud.example" for word in words[4:]]  # services that no catalogue knows
        policies = [str(p) for p in self.rng.choice(["none", "quarantine", "reject"], size=3)]
        testing = [bool(one) for one in self.rng.random(3) < 0.2]
        self.domains = (
            *(Domain(*one) for one in zip((self.main, self.shop, self.quiet), policies, testing, strict=True)),
            Domain(self.parked, "reject"),
        )

    def volume(self, typical: float) -> float:
        """Messages a day: about `typical`, another number for every seed."""
        return float(typical * self.rng.lognormal(0, 0.45))

    def one_of(self, *names: str) -> str:
        """One of them."""
        return str(self.rng.choice(names))

    def span(self, shortest: int, longest: int) -> range:
        """Some days in a row."""
        length = int(self.rng.integers(shortest, longest + 1))
        first = int(self.rng.integers(2, 28 - length + 1))
        return range(first, first + length)


def ours(
    share: float,
    *signatures: tuple[str, str, str],
    spf: tuple[str, str],
    envelope: str | None = None,
    cause: str = "broken_signature",
) -> Way:
    """A way of mail that we sent; MAIL FROM is the domain that SPF was asked about unless told otherwise."""
    return Way(share, Owner.OURS, signatures, spf, spf[0] if envelope is None else envelope, "", cause)


def passed_on(
    share: float,
    *signatures: tuple[str, str, str],
    spf: tuple[str, str],
    hint: str = "forwarded",
) -> Way:
    """A way of mail that somebody passed on."""
    return Way(share, Owner.PASSED_ON, signatures, spf, spf[0], hint)


def strange(share: float, *signatures: tuple[str, str, str], spf: tuple[str, str], envelope: str | None = None) -> Way:
    """A way of mail that is not ours."""
    return Way(share, Owner.STRANGER, signatures, spf, spf[0] if envelope is None else envelope)
