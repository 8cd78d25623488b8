"""Our mail, passed on: forwarders with their habits, and mailing lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulator.kit import passed_on
from tests.simulator.nouns import EVERY_DAY, Flow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.simulator.kit import Kit
    from tests.simulator.nouns import Way

    Key = tuple[str, str, float]  # d=, s=, its share of what is passed on


def keys(flows: Sequence[Flow], domain: str) -> list[Key]:
    """The keys that sign mail of a domain, by how much they sign."""
    volumes: dict[tuple[str, str], float] = {}
    for flow in flows:
        for way in flow.ways:
            mine = [(d, s) for d, s, result in way.signatures if d == domain and result == "pass"]
            for key in mine if flow.header_from == domain and flow.days == EVERY_DAY else []:
                # A list or a forwarder sees more letters of people than newsletters.
                volumes[key] = volumes.get(key, 0) + (flow.per_day * way.share) ** 0.6
    total = sum(volumes.values())
    return [(d, s, volume / total) for (d, s), volume in sorted(volumes.items())]


def relayed(
    known: Sequence[Key],
    intact: float,
    *,
    spf: tuple[str, str],
    own: tuple[str, str] | None = None,
    hint: str = "forwarded",
) -> tuple[Way, ...]:
    """Signed mail, of which a share arrives intact; `own` is the signature that the place adds."""
    added = ((*own, "pass"),) if own else ()
    ways = []
    for domain, selector, share in known:
        ways.append(passed_on(share * intact, (domain, selector, "pass"), *added, spf=spf, hint=hint))
        ways.append(passed_on(share * (1 - intact), (domain, selector, "fail"), *added, spf=spf, hint=hint))
    return tuple(ways)


def forwarders(kit: Kit, flows: Sequence[Flow]) -> Iterator[Flow]:
    """Addresses that somebody gave up or never had: the envelope is kept or rewritten, the body mostly kept."""
    main = kit.main
    known, refused = keys(flows, main), (main, "softfail")
    university = kit.addresses.at(kit.one_of("kyoto", "stanford"), 3)
    yield Flow("forwarder, university", main, university, kit.volume(70), relayed(known, 0.93, spf=refused))
    gmail = relayed(known, 0.985, spf=("gmail.com", "pass"))
    yield Flow("forwarder, Gmail, rewritten envelope", main, kit.addresses.at("google", 5), kit.volume(45), gmail)
    for number in range(2):
        tenant = f"{kit.vendors[4 + number].removesuffix('-cloud.example')}-hotels.example"
        ways = relayed(known, 0.85, spf=(tenant, "pass"))
        name = "forwarder, Microsoft 365, rewritten envelope"
        yield Flow(name, main, kit.addresses.at("microsoft", 4), kit.volume(30), ways)
    aliases = relayed(known, 0.95, spf=("pobox.com", "pass"))
    yield Flow("forwarder, Pobox, rewritten envelope", main, kit.addresses.at("pobox", 3), kit.volume(15), aliases)
    icloud = relayed(known, 0.96, spf=refused)
    yield Flow("forwarder, iCloud", main, kit.addresses.at("icloud", 4), kit.volume(25), icloud)
    for place in ("xserver", "hetzner", "ovh"):
        ways = relayed(known, 0.93, spf=refused)
        yield Flow("forwarder, web host", main, kit.addresses.at(place, 4), kit.volume(18), ways)
    gateway = kit.one_of("mimecast", "proofpoint")
    breaks = relayed(known, 0.35, spf=refused)
    yield Flow("gateway that changes the body", main, kit.addresses.at(gateway, 5), kit.volume(40), breaks)
    own = f"{kit.vendors[6].removesuffix('-cloud.example')}-works.example"
    srs = relayed(known, 0.8, spf=(own, "pass"))
    yield Flow("forwarder, a company's own server", main, kit.addresses.at("office", 1), kit.volume(8), srs)
    shop = relayed(keys(flows, kit.shop), 0.95, spf=(kit.shop, "fail"))
    yield Flow("forwarder, university", kit.shop, university, kit.volume(30), shop)
    unsigned = (passed_on(1.0, spf=refused),)
    places = university + kit.addresses.at("xserver", 1)
    yield Flow("forwarded mail that was never signed", main, places, kit.volume(2), unsigned)


def lists(kit: Kit, flows: Sequence[Flow]) -> Iterator[Flow]:
    """Lists add a footer: our signature breaks, theirs and their envelope pass."""
    main = kit.main
    known = keys(flows, main)
    for place, domain in (("google", "googlegroups.com"), ("groups", "groups.io")):
        ways = relayed(known, 0.08, spf=(domain, "pass"), own=(domain, "20230601"), hint="list")
        yield Flow(f"mailing list, {domain}", main, kit.addresses.at(place, 4), kit.volume(25), ways)
    society = f"lists.{kit.vendors[7].removesuffix('-cloud.example')}-society.example"
    signing = relayed(known, 0.05, spf=(society, "pass"), own=(society, "list2024"), hint="list")
    yield Flow("mailing list, own server", main, kit.addresses.at("hetzner", 2), kit.volume(60), signing)
    plain = relayed(known, 0.1, spf=("lists.stanford.edu", "pass"), hint="list")
    yield Flow("mailing list that does not sign", main, kit.addresses.at("stanford", 1), kit.volume(20), plain)
    unsigned = (passed_on(1.0, (society, "list2024", "pass"), spf=(society, "pass"), hint="list"),)
    yield Flow("list mail that was never signed", main, kit.addresses.at("hetzner", 1), kit.volume(1), unsigned)


def all_indirect(kit: Kit, flows: Sequence[Flow]) -> Iterator[Flow]:
    """Every flow of mail that is passed on."""
    yield from forwarders(kit, flows)
    yield from lists(kit, flows)
