"""The company of a seed, and all mail in its name during four weeks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.simulator.indirect import all_indirect
from tests.simulator.kit import Kit
from tests.simulator.ours import all_ours
from tests.simulator.spoofed import all_spoofed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.simulator.nouns import Domain, Flow

TUNING = (1, 2, 3, 4, 5)
UNSEEN = (101, 102, 103, 104, 105)


@dataclass(frozen=True, slots=True)
class World:
    """What happens; `reverse_names` has every address."""

    seed: int
    domains: tuple[Domain, ...]
    flows: tuple[Flow, ...]
    reverse_names: Mapping[str, str | None]


def world(seed: int) -> World:
    """The same world for the same seed."""
    kit = Kit(seed)
    kit.made.extend(all_ours(kit))
    indirect = list(all_indirect(kit, kit.made))
    flows = (*kit.made, *indirect, *all_spoofed(kit))
    return World(seed, kit.domains, flows, kit.addresses.reverse_names)
