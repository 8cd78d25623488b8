"""Mail that the company sends, well set up or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulator.kit import ours
from tests.simulator.nouns import DAYS, Flow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.simulator.kit import Kit
    from tests.simulator.nouns import Way

OLD_KEY, NEW_KEY = "k2025", "k2026"
VENDORS = {  # service: what it signs with, and where its bounces go
    "sendgrid": ("sendgrid.net", "em4127.sendgrid.net"),
    "mailchimp": ("mailchimpapp.net", "mail51.atl51.rsgsv.net"),
    "mailjet": ("mailjet.com", "bnc3.mailjet.com"),
    "brevo": ("sender-sib.com", "r.sender-sib.com"),
}


def clean(domain: str, selector: str, envelope: str, *, share: float = 1.0) -> tuple[Way, ...]:
    """Both aligned, but for what leaves unsigned and what breaks: together `share` of the flow."""
    return (
        ours(share - 0.025, (domain, selector, "pass"), spf=(envelope, "pass")),
        ours(0.02, spf=(envelope, "pass")),
        ours(0.005, (domain, selector, "fail"), spf=(envelope, "pass")),
    )


def own_servers(kit: Kit) -> Iterator[Flow]:
    """Own servers, and printers that nobody thought of."""
    main = kit.main
    servers = kit.addresses.at(kit.one_of("sakura", "ovh", "linode"), 3)
    yield Flow("own servers", main, servers, kit.volume(2500), clean(main, OLD_KEY, main), approve=by_address(servers))
    yield from booking_system(kit, servers)
    printers = kit.addresses.at("office", 2)
    bare = (ours(1.0, spf=(main, kit.one_of("softfail", "fail")), cause="no_authentication"),)
    name = "printers and monitoring, no authentication"
    yield Flow(name, main, printers, kit.volume(5), bare, approve=by_address(printers))


def booking_system(kit: Kit, servers: tuple[str, ...]) -> Iterator[Flow]:
    """On own servers or in a cloud, with bounces to its vendor; for some days it signs with a key that is not in DNS."""
    shared = kit.rng.random() < 0.5
    addresses = servers[:2] if shared else kit.addresses.at("digitalocean", 2)
    old, new = (OLD_KEY, NEW_KEY) if shared else ("b2025", "b2026")
    away, broken = kit.span(3, 5), kit.one_of("fail", "permerror")
    volume, spf = kit.volume(700), (f"bounce.{kit.vendors[0]}", "pass")
    for name, selector, result, days in (
        ("booking system", old, "pass", range(away.start)),
        ("key rotation gone wrong", new, broken, away),
        ("booking system", new, "pass", range(away.stop, DAYS)),
    ):
        ways = (ours(1.0, (kit.main, selector, result), spf=spf),)
        yield Flow(name, kit.main, addresses, volume, ways, days, by_address(addresses))


def by_address(addresses: tuple[str, ...]) -> tuple[str, ...]:
    """Rules of the registry for servers that are ours alone."""
    return tuple(f"ip:{address}" for address in addresses)


def mailboxes(kit: Kit) -> Iterator[Flow]:
    """People's mail, which bounces and answers with a null sender, too."""
    for domain, typical in ((kit.main, 3000), (kit.quiet, 25)):
        place = kit.one_of("microsoft", "google")
        selector = {"microsoft": "selector1", "google": "google"}[place]
        helo = {"microsoft": "outbound.protection.outlook.com", "google": "mail-sor.google.com"}[place]
        notices = ours(0.01, (domain, selector, "pass"), spf=(helo, "pass"), envelope="")
        ways = (*clean(domain, selector, domain, share=0.99), notices)
        yield Flow("mailboxes", domain, kit.addresses.at(place, 6), kit.volume(typical), ways)


def newsletters(kit: Kit) -> Iterator[Flow]:
    """Aligned by DKIM only."""
    for domain, selector, typical in ((kit.main, "s1", 7000), (kit.shop, "n7", 900)):
        vendor = kit.one_of("sendgrid", "mailchimp", "brevo")
        signs, bounce = VENDORS[vendor]
        theirs = (signs, "sel9", "pass")
        ways = (
            ours(0.994, (domain, selector, "pass"), theirs, spf=(bounce, "pass")),
            ours(0.006, (domain, selector, "fail"), theirs, spf=(bounce, "pass")),
        )
        approve = (f"dkim:{domain}/{selector}", f"service:{vendor}")
        addresses = kit.addresses.at(vendor, 5)
        yield Flow("newsletter, DKIM only", domain, addresses, kit.volume(typical), ways, approve=approve)


def web_shop(kit: Kit) -> Iterator[Flow]:
    """Orders through Amazon SES: one system with a MAIL FROM of its own, one without; other customers send from there, too."""
    addresses = kit.addresses.at("ses", 6)
    shop, token = kit.shop, ("amazonses.com", "6gbrjpgwjskckoa6a5zn6fwqkn67xbtw", "pass")
    orders = (
        ours(0.996, (shop, "hx2f7kq4", "pass"), token, spf=(f"mail.{shop}", "pass")),
        ours(0.004, (shop, "hx2f7kq4", "fail"), token, spf=(f"mail.{shop}", "pass")),
    )
    yield Flow("orders, both aligned", shop, addresses, kit.volume(3500), orders)
    alerts = (
        ours(0.997, (shop, "hx2f7kq4", "pass"), token, spf=("eu-west-1.amazonses.com", "pass")),
        ours(0.003, (shop, "hx2f7kq4", "fail"), token, spf=("eu-west-1.amazonses.com", "pass")),
    )
    yield Flow("alerts, DKIM only, shared addresses", shop, addresses[:3], kit.volume(400), alerts)
    # The same service, set up by somebody who verified nothing but an address.
    bare = (ours(1.0, token, spf=("eu-west-1.amazonses.com", "pass"), cause="both_elsewhere"),)
    yield Flow(
        "misaligned both, shared addresses",
        kit.main,
        addresses[3:],
        kit.volume(60),
        bare,
        approve=("service:amazon-ses",),
    )


def one_leg(kit: Kit) -> Iterator[Flow]:
    """Web forms that SPF alone lets through, and tools that nobody set up."""
    main, shop = kit.main, kit.shop
    forms = kit.addresses.at(kit.one_of("xserver", "hetzner"), 2)
    yield Flow(
        "web forms, SPF only",
        main,
        forms,
        kit.volume(250),
        (ours(1.0, spf=(main, "pass")),),
        approve=by_address(forms),
    )
    vendor = kit.one_of("mailjet", "mailchimp", "brevo")
    signs, bounce = VENDORS[vendor]
    both = (ours(1.0, (signs, vendor, "pass"), spf=(bounce, "pass"), cause="both_elsewhere"),)
    yield Flow(
        "misaligned both", shop, kit.addresses.at(vendor, 4), kit.volume(180), both, approve=(f"service:{vendor}",)
    )
    support = (ours(1.0, ("zendesk.com", "zendesk1", "pass"), spf=(main, "softfail"), cause="dkim_elsewhere"),)
    yield Flow(
        "misaligned DKIM", main, kit.addresses.at("zendesk", 3), kit.volume(60), support, approve=("service:zendesk",)
    )
    crm = (ours(1.0, spf=("bnc.salesforce.com", "pass"), cause="spf_elsewhere"),)
    yield Flow(
        "misaligned SPF", main, kit.addresses.at("salesforce", 3), kit.volume(60), crm, approve=("service:salesforce",)
    )
    name = kit.vendors[1]
    survey = (ours(1.0, (name, "mail", "pass"), spf=(f"r.{name}", "pass"), cause="both_elsewhere"),)
    hosts = kit.addresses.at(kit.one_of("digitalocean", "ovh"), 2)
    yield Flow(
        "survey tool that no catalogue knows",
        main,
        hosts,
        kit.volume(12),
        survey,
        kit.span(8, 20),
        (f"dkim:{name}", f"envelope:{name}"),
    )


def rare(kit: Kit) -> Iterator[Flow]:
    """A few messages a day."""
    main = kit.main
    payroll = (ours(1.0, (main, "20250901090000pm", "pass"), spf=("pm.mtasv.net", "pass")),)
    yield Flow("payroll, DKIM only, two a day", main, kit.addresses.at("postmark", 2), kit.volume(2), payroll)
    invoices = clean(kit.quiet, "inv", kit.quiet)
    yield Flow("invoices, one a day", kit.quiet, kit.addresses.at("xserver", 1), kit.volume(1), invoices)


def all_ours(kit: Kit) -> Iterator[Flow]:
    """Every flow of the company."""
    for made in (own_servers, mailboxes, newsletters, web_shop, one_leg, rare):
        yield from made(kit)
