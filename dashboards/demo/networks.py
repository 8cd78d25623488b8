"""Real address blocks, so that a local IP database gives the services a person would expect.

Each block was looked up in the IPinfo database that parsedmarc carries; a test looks up every address again.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random


@dataclass(frozen=True, slots=True)
class Block:
    """Addresses of one network operator."""

    network: str
    service: str  # the name that enrichment gives

    def addresses(self, number: int, *, rng: random.Random) -> tuple[str, ...]:
        """That many different host addresses."""
        network = ip_network(self.network)
        hosts = rng.sample(range(2, min(network.num_addresses, 65536) - 2), number)
        return tuple(str(network[host]) for host in hosts)


SAKURA = "Sakura Internet"
MICROSOFT = "Microsoft"
GOOGLE = "Google (Including Gmail and Google Workspace)"
SENDGRID = "Twilio SendGrid"
MAILJET = "Mailjet"
SALESFORCE = "Salesforce"
AMAZON = "Amazon"
BREVO = "Brevo (Sendinblue)"
UNIVERSITY = "Kyoto University"
HETZNER = "Hetzner"

OWN_SERVERS = ("153.126.150.21", "153.126.150.22", "2403:3a00:202:1203::25")
LIST_SERVER = ("116.202.10.25", "2a01:4f8:c0c:25::1")
FORWARDERS = ("130.54.10.21", "130.54.10.22", "133.3.250.17")

SERVICE_BLOCKS = (
    (Block("40.107.22.0/24", MICROSOFT), 6),
    (Block("52.101.132.0/24", MICROSOFT), 4),
    (Block("2a01:111:f403:2406::/112", MICROSOFT), 3),
    (Block("209.85.218.0/24", GOOGLE), 5),
    (Block("209.85.221.0/24", GOOGLE), 4),
    (Block("2a00:1450:4864:20::/112", GOOGLE), 4),
    (Block("149.72.120.0/24", SENDGRID), 4),
    (Block("167.89.50.0/24", SENDGRID), 3),
    (Block("185.250.237.0/24", MAILJET), 3),
    (Block("87.253.233.0/24", MAILJET), 3),
    (Block("13.110.200.0/24", SALESFORCE), 4),
    (Block("54.240.8.0/24", AMAZON), 5),
    (Block("54.240.11.0/24", AMAZON), 4),
    (Block("23.251.226.0/24", AMAZON), 3),
    (Block("77.32.148.0/24", BREVO), 3),
    (Block("185.41.28.0/24", BREVO), 2),
)

# Where spoofed mail comes from: subscriber lines and cheap servers.
STRANGERS = (
    Block("113.161.20.0/24", "VNPT"),
    Block("14.240.10.0/24", "VNPT"),
    Block("116.96.10.0/24", "Viettel"),
    Block("171.224.10.0/24", "Viettel"),
    Block("118.70.30.0/24", "FPT Telecom"),
    Block("201.17.20.0/24", "Claro"),
    Block("187.190.20.0/24", "Totalplay"),
    Block("186.10.20.0/24", "Entel"),
    Block("36.70.10.0/24", "Telkom Indonesia"),
    Block("182.253.10.0/24", "Biznet Networks"),
    Block("41.60.10.0/24", "Liquid Intelligent Technologies"),
    Block("102.89.10.0/24", "MTN"),
    Block("39.40.10.0/24", "PTCL"),
    Block("117.197.10.0/24", "BSNL"),
    Block("49.36.10.0/24", "Jio"),
    Block("78.160.10.0/24", "Türk Telekom"),
    Block("94.20.10.0/24", "Delta Telecom Azerbaijan"),
    Block("167.99.10.0/24", "DigitalOcean"),
    Block("161.35.20.0/24", "DigitalOcean"),
    Block("51.83.10.0/24", "OVH"),
    Block("195.154.10.0/24", "Scaleway"),
    Block("172.105.220.0/24", "Linode"),
)


def service_addresses(service: str, *, rng: random.Random) -> tuple[str, ...]:
    """The addresses from which a service sends for the company."""
    pools = [block.addresses(number, rng=rng) for block, number in SERVICE_BLOCKS if block.service == service]
    return tuple(address for pool in pools for address in pool)


def stranger_addresses(per_block: int, *, rng: random.Random) -> tuple[str, ...]:
    """Addresses all over the world, `per_block` in each block."""
    return tuple(address for block in STRANGERS for address in block.addresses(per_block, rng=rng))
