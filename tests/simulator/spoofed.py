"""Mail that is not ours: by every means that a stranger has, and some that only look like one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulator.kit import strange
from tests.simulator.nouns import Flow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.simulator.kit import Kit

BEYOND = "spoofing that passes SPF, from the web host that we use"  # what nobody can tell from reports alone
TOKEN = ("amazonses.com", "6gbrjpgwjskckoa6a5zn6fwqkn67xbtw", "pass")


def bulk(kit: Kit) -> Iterator[Flow]:
    """A drizzle from all over the world, and a burst."""
    for name, domain, typical in (
        ("spoofing", kit.main, 60),
        ("spoofing", kit.shop, 20),
        ("spoofing of a small domain", kit.quiet, 4),
        ("spoofing of a parked domain", kit.parked, 15),
        ("spoofing of a name that does not exist", f"billing-dept.{kit.main}", 10),
    ):
        ways = (
            strange(0.55, spf=(domain, kit.one_of("fail", "softfail"))),
            strange(0.15, spf=("vps-4417.example", "none")),
            strange(0.1, spf=("bulk-relay.example", "pass")),
            strange(0.1, ("bulk-relay.example", "b1", "pass"), spf=("bulk-relay.example", "pass")),
            strange(0.05, spf=("host-77.example", "none"), envelope=""),
            strange(0.05, spf=("bulk-relay.example", "pass"), envelope=""),
        )
        yield Flow(name, domain, kit.addresses.anywhere(40), kit.volume(typical), ways)
        if typical >= 15:
            burst = f"{name}, burst"
            yield Flow(burst, domain, kit.addresses.anywhere(60), kit.volume(typical * 18), ways, kit.span(2, 5))


def signed(kit: Kit) -> Iterator[Flow]:
    """With a signature of ours that is invented, or copied from a mail of ours, or real and sent again."""
    main = kit.main
    forged = (
        strange(0.5, (main, "mail2019", "permerror"), spf=(main, "fail")),
        strange(0.3, (main, "default", "fail"), spf=("bulk-relay.example", "pass")),
        strange(0.2, (main, "mail2019", "fail"), spf=("vps-4417.example", "none")),
    )
    yield Flow("forged signature, invented selector", main, kit.addresses.anywhere(25), kit.volume(25), forged)
    copied = (
        strange(0.6, (main, "s1", "fail"), spf=(main, "fail")),
        strange(0.4, (main, "s1", "fail"), spf=("bulk-relay.example", "pass")),
    )
    yield Flow("copied signature of ours, other body", main, kit.addresses.anywhere(25), kit.volume(15), copied)
    again = (strange(1.0, (main, "s1", "pass"), spf=("replay.example", "pass")),)
    yield Flow(
        "our mail sent again by a stranger (DKIM replay)",
        main,
        kit.addresses.anywhere(4),
        kit.volume(60),
        again,
        kit.span(1, 2),
    )


def neighbours(kit: Kit) -> Iterator[Flow]:
    """From services that we use, too: another account there, the same addresses."""
    shop, main = kit.shop, kit.main
    orders = next(flow for flow in kit.made if flow.name.startswith("alerts"))
    other = ("garden-deals.example", "q6zt3yb8", "pass")
    signs = (
        strange(0.9, other, TOKEN, spf=("mail.garden-deals.example", "pass")),
        strange(0.1, TOKEN, spf=("eu-west-1.amazonses.com", "pass")),
    )
    yield Flow("another customer of Amazon SES, same addresses", shop, orders.addresses, kit.volume(6), signs)
    news = next(flow for flow in kit.made if flow.name.startswith("newsletter") and flow.header_from == main)
    stranger = kit.vendors[8].replace("-cloud", "-promo")
    custom = (strange(1.0, (stranger, "s1", "pass"), spf=(f"em88.{stranger}", "pass")),)
    yield Flow(
        "another customer of our newsletter service, own domain", main, news.addresses[:2], kit.volume(5), custom
    )
    trial = f"{stranger.split('-')[0]}trial.onmicrosoft.com"
    tenant = (strange(1.0, (trial, "selector2", "pass"), spf=(trial, "pass")),)
    yield Flow("trial account at Microsoft 365", main, kit.addresses.at("microsoft", 3), kit.volume(8), tenant)
    beside = (
        strange(0.5, spf=("cheap-site.example", "pass")),
        strange(0.5, spf=(main, "fail")),
    )
    place = next(flow for flow in kit.made if flow.name == "own servers")
    yield Flow(
        "a stranger's server in the network of ours",
        main,
        kit.addresses.beside(place.addresses[0], 3),
        kit.volume(6),
        beside,
    )
    forms = next(flow for flow in kit.made if flow.name.startswith("web forms"))
    yield Flow(BEYOND, main, forms.addresses[:1], 0.3, (strange(1.0, spf=(main, "pass")),))


def all_spoofed(kit: Kit) -> Iterator[Flow]:
    """Every flow that is not ours."""
    for made in (bulk, signed, neighbours):
        yield from made(kit)
