"""Ways from other pages to the registry: whoever sends can be approved, denied or ignored there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards.address import LONGEST_VALUE
from dashboards.pages import links

if TYPE_CHECKING:
    from dashboards.address import Address
    from dashboards.context import Visit


def offer(visit: Visit, *, name: str, rule: str, domain: str) -> None:
    """A link to the form in which a sender is approved, denied or ignored, filled in already.

    Args:
        visit: the page that is shown.
        name: what people would call the sender; may be a stranger's text.
        rule: one or several match rules, a blank between, for instance "dkim:example.com/s1".
        domain: one or several domains in From:, a blank between.
    """
    links.to_page(visit, "registry", "registry.offer", **_drill(name=name, rule=rule, domain=domain))


def form(visit: Visit, *, name: str, rule: str, domain: str) -> Address:
    """The address of that form on the page of the registry."""
    return visit.address.at(**_drill(name=name, rule=rule, domain=domain))


def _drill(*, name: str, rule: str, domain: str) -> dict[str, str]:
    told = {"rule": _fitting(rule), "from_domain": _fitting(domain), "name": name[:LONGEST_VALUE]}
    return {"propose": "1", **told}


def _fitting(text: str) -> str:
    """The first words of it that an address can hold."""
    if len(text) <= LONGEST_VALUE:
        return text
    return text[: LONGEST_VALUE + 1].rpartition(" ")[0]
