"""The registry as somebody would keep it who looks at the proposals and asks around."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics.registry.order import Registry
from analytics.registry.proposals import proposals
from ingest.registry import slug
from tests.fakes.senders import an_entry

if TYPE_CHECKING:
    from analytics.reader import Reader
    from analytics.window import Window
    from tests.simulator.world import World


def diligent(reader: Reader, window: Window, world: World) -> Registry:
    """Own servers by their addresses, services by what they are known by, and everything that is proposed: it passes DMARC."""
    asked = {}
    for flow in world.flows:
        if flow.approve:
            name = slug(f"{flow.name} {flow.header_from}")
            asked[name] = an_entry(name, *flow.approve, domains=(flow.header_from,))
    proposed = (
        an_entry(f"proposed-{number}", *one.rules, domains=one.domains)
        for number, one in enumerate(proposals(reader, window))
    )
    return Registry((*asked.values(), *proposed))
