"""Addresses of the real Internet, so that the product's own knowledge of networks gives them the names a person would see."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_network
from typing import TYPE_CHECKING

from dashboards.demo.networks import STRANGERS

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Place:
    """A network, and how its reverse names look: `{}` stands for the address. Empty: it has none."""

    network: str
    reverse: str = ""


PLACES = {
    "sakura": Place("153.126.150.0/24"),
    "ovh": Place("51.83.10.0/24"),
    "linode": Place("172.105.220.0/24"),
    "hetzner": Place("116.202.10.0/24"),
    "digitalocean": Place("167.99.10.0/24"),
    "office": Place("118.238.200.0/24"),
    "microsoft": Place("40.107.22.0/24", "mail-{}.outbound.protection.outlook.com"),
    "google": Place("209.85.218.0/24", "mail-{}.google.com"),
    "sendgrid": Place("149.72.120.0/24", "o{}.em.sendgrid.net"),
    "mailjet": Place("185.250.237.0/24", "o{}.p8.mailjet.com"),
    "mailchimp": Place("198.2.130.0/24", "mail{}.atl51.rsgsv.net"),
    "brevo": Place("77.32.148.0/24", "ab.d.sender-sib.com"),
    "ses": Place("54.240.8.0/24", "a8-{}.smtp-out.amazonses.com"),
    "salesforce": Place("13.110.200.0/24", "smtp{}.eu.mta.salesforce.com"),
    "zendesk": Place("192.161.146.0/24", "out{}.pod.zdsys.com"),
    "postmark": Place("50.31.156.0/24", "mta{}.mtasv.net"),
    "kyoto": Place("130.54.10.0/24", "mx{}.kyoto-u.ac.jp"),
    "stanford": Place("171.67.219.0/24", "smtp{}.stanford.edu"),
    "mimecast": Place("205.139.110.0/24", "delivery-{}.mimecast.com"),
    "proofpoint": Place("148.163.135.0/24", "mx0a-{}.pphosted.com"),
    "pobox": Place("64.147.108.0/24", "pb-smtp{}.pobox.com"),
    "icloud": Place("17.58.63.0/24", "pv50p{}.icloud.com"),
    "xserver": Place("183.90.228.0/24", "sv{}.xserver.jp"),
    "groups": Place("66.175.222.0/24", "mail{}.groups.io"),
}


class Addresses:
    """Hands out addresses, each once, and remembers their reverse names."""

    def __init__(self, rng: np.random.Generator, *, reverse_dns: bool) -> None:
        self._rng = rng
        self._reverse_dns = reverse_dns
        self.reverse_names: dict[str, str | None] = {}

    def at(self, place: str, number: int) -> tuple[str, ...]:
        """That many new addresses."""
        return tuple(self._new(PLACES[place].network, PLACES[place].reverse) for _ in range(number))

    def anywhere(self, number: int) -> tuple[str, ...]:
        """New addresses of subscriber lines and cheap servers all over the world."""
        return tuple(
            self._new(STRANGERS[int(at)].network, "") for at in self._rng.integers(len(STRANGERS), size=number)
        )

    def beside(self, address: str, number: int) -> tuple[str, ...]:
        """New addresses in the same /24."""
        return tuple(self._new(f"{address.rpartition('.')[0]}.0/24", "") for _ in range(number))

    def _new(self, network: str, reverse: str) -> str:
        hosts = ip_network(network)
        while (address := str(hosts[int(self._rng.integers(2, 253))])) in self.reverse_names:
            pass
        name = reverse.format(address.replace(".", "-"))
        self.reverse_names[address] = name if name and self._reverse_dns else None
        return address
