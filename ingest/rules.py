"""Match rules of the registry of senders: what tells that a mail is of a sender, and how much that proves. Text to rule and back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING

from ingest.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from ipaddress import IPv4Network, IPv6Network

EVERY_DOMAIN = "*"
_LABEL = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_SELECTOR = re.compile(r"[a-z0-9._*?-]{1,200}")
_SERVICE = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
_SMALLEST_PREFIX = {4: 8, 6: 16}  # a larger network belongs to no sender
_HINT = "write ip:192.0.2.0/24, service:ID, dkim:DOMAIN or dkim:DOMAIN/SELECTOR, envelope:DOMAIN, selector:SELECTOR"


class RuleKind(StrEnum):
    """What a rule looks at."""

    IP = "ip"  # the source address
    SERVICE = "service"  # who runs the source address
    DKIM = "dkim"  # d= (and s=) of a signature
    ENVELOPE = "envelope"  # the MAIL FROM domain for which SPF passed
    SELECTOR = "selector"  # s= of a signature, whatever its d=


class Proof(StrEnum):
    """Who can make mail that fits a rule."""

    TENANT = "tenant"  # only we
    VENDOR = "vendor"  # anyone with an account at the same vendor


_NEVER_TENANT = {
    RuleKind.SERVICE: "everyone with an account there sends from the same network",
    RuleKind.SELECTOR: "everyone may call a selector so; write dkim:DOMAIN/SELECTOR",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `value` is a network (or one address), the id of a service, a domain, or a selector; all in lower case."""

    kind: RuleKind
    value: str
    proof: Proof
    selector: str = ""  # of a dkim rule; `*` and `?` are wildcards; empty: any

    def __str__(self) -> str:
        """The rule in full, as it is kept: `dkim:example.com/s1!tenant`."""
        return f"{self._plain()}!{self.proof.value}"

    def short(self, domains: Iterable[str]) -> str:
        """As a person of an entry about `domains` would write it: the proof is said only where it is not the usual one."""
        return self._plain() if self.proof is usual_proof(self.kind, self.value, domains) else str(self)

    def _plain(self) -> str:
        return f"{self.kind.value}:{self.value}{'/' * bool(self.selector)}{self.selector}"

    def network(self) -> IPv4Network | IPv6Network:
        """The addresses of an ip rule."""
        return ip_network(self.value)


def parsed(text: str, domains: Iterable[str]) -> Rule:
    """The rule that `text` means in an entry about `domains`.

    Raises:
        SettingsError: it is no rule; the message says what is wrong with it.
    """
    plain, bang, said = text.strip().lower().partition("!")
    name, _, value = plain.partition(":")
    if name not in set(RuleKind) or not value:
        raise SettingsError(f"{text!r} is no match rule", hint=_HINT)
    if bang and said not in set(Proof):
        raise SettingsError(f"rule {text!r}: what follows the ! is tenant or vendor", hint=_HINT)
    kind = RuleKind(name)
    value, selector = _value(kind, value, text)
    proof = Proof(said) if bang else usual_proof(kind, value, domains)
    if proof is Proof.TENANT and kind in _NEVER_TENANT:
        raise SettingsError(f"rule {text!r} cannot prove that it was you: {_NEVER_TENANT[kind]}", hint=_HINT)
    return Rule(kind, value, proof, selector)


def usual_proof(kind: RuleKind, value: str, domains: Iterable[str]) -> Proof:
    """What a rule proves when nobody says otherwise: an address is yours alone, and so is a domain under one of `domains`."""
    if kind is RuleKind.IP:
        return Proof.TENANT
    if kind in {RuleKind.DKIM, RuleKind.ENVELOPE} and any(lies_under(value.removeprefix("*."), one) for one in domains):
        return Proof.TENANT
    return Proof.VENDOR


def lies_under(name: str, domain: str) -> bool:
    """`name` is `domain`, or a name below it."""
    return name == domain or name.endswith(f".{domain}")


def domain_of(text: str) -> str:
    """The domain as reports write it: lower case, A-labels, without a dot at the end.

    Raises:
        SettingsError: it is none.
    """
    name = text.strip().lower().rstrip(".")
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii")
        except UnicodeError as error:
            raise SettingsError(f"{text!r} is no domain", hint="write it as in a mail address: example.com") from error
    if not _DOMAIN.fullmatch(name) or len(name) > 253:
        raise SettingsError(f"{text!r} is no domain", hint="write it as in a mail address: example.com")
    return name


def _value(kind: RuleKind, value: str, text: str) -> tuple[str, str]:
    """Value and selector in canonical form."""
    if kind is RuleKind.IP:
        return addresses(value, f"rule {text!r}", before="ip:", hint=_HINT), ""
    if kind is RuleKind.ENVELOPE:
        return domain_of(value), ""
    if kind is RuleKind.DKIM:
        domain, slash, selector = value.partition("/")
        star = "*." * domain.startswith("*.")
        if slash:
            _refuse_odd(_SELECTOR, selector, text)
        return f"{star}{domain_of(domain.removeprefix('*.'))}", "" if selector == "*" else selector
    _refuse_odd(_SERVICE if kind is RuleKind.SERVICE else _SELECTOR, value, text)
    if not value.strip("*?."):
        raise SettingsError(f"rule {text!r} fits every mail", hint=_HINT)
    return value, ""


def _refuse_odd(allowed: re.Pattern[str], value: str, text: str) -> None:
    if not allowed.fullmatch(value):
        raise SettingsError(f"rule {text!r}: {value!r} cannot be read", hint=_HINT)


def addresses(value: str, where: str, *, before: str, hint: str) -> str:
    """The address or network in canonical form.

    Args:
        value: as a person wrote it.
        where: what an error speaks of.
        before: what stands before it, where an error proposes another.
        hint: what an error says one may write.

    Raises:
        SettingsError: it is neither, or so large that it is nobody's.
    """
    host, slash, prefix = value.partition("/")
    try:
        address = ip_address(host.partition("%")[0])
        if isinstance(address, IPv6Address) and address.ipv4_mapped and not slash:
            address = address.ipv4_mapped
        network = ip_network(f"{address}{slash}{prefix}", strict=False)
    except ValueError as error:
        raise SettingsError(f"{where}: {value} is no address and no network", hint=hint) from error
    if network.network_address != address:
        raise SettingsError(f"{where}: {value} is no network", hint=f"did you mean {before}{network}?")
    if network.prefixlen < _SMALLEST_PREFIX[network.version]:
        raise SettingsError(f"{where}: no sender owns a network that large", hint="name smaller ones")
    return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)
