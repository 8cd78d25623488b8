"""Ten hard cases: where evidence is thin, or looks like something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics.verdict.rules import Side
from tests.simulator.nouns import Told
from tests.simulator.spoofed import BEYOND

if TYPE_CHECKING:
    import pandas as pd

CASES = {  # flow: why it is hard
    BEYOND: "Our web host's other customers can send through the address that our SPF record allows. Nothing in a report differs.",
    "our mail sent again by a stranger (DKIM replay)": "The signature is real. Only the place is new, and so it is for every forwarder.",
    "copied signature of ours, other body": "A broken signature with a selector in use is what a forwarder that changes the body leaves, too.",
    "another customer of Amazon SES, same addresses": "The addresses send our mail, too, and the service signs both with its own domain as well.",
    "a stranger's server in the network of ours": "The same web host, the same /24, sometimes our domain in MAIL FROM.",
    "key rotation gone wrong": "The new selector may never have passed: so does an invented one.",
    "printers and monitoring, no authentication": "From a subscriber line, our domain in MAIL FROM, refused by SPF: so does most spoofing.",
    "survey tool that no catalogue knows": "Signs and bounces with a domain of its own from a rented server: so do spammers.",
    "forwarded mail that was never signed": "SPF cannot survive, and there is no signature that could.",
    "forwarder, Microsoft 365, rewritten envelope": "Where our own mailboxes are at Microsoft, too, our mail is passed on from its home.",
}
RIGHT = {
    Told.FINE: Side.FINE,
    Told.BROKEN: Side.BROKEN,
    Told.PASSED_ON: Side.INDIRECT,
    Told.SPOOFED: Side.NOT_OURS,
    Told.TEMPORARY: Side.UNKNOWN,
}


def right(frame: pd.DataFrame) -> pd.Series[bool]:
    """Whether the side is that of the truth; of what DNS broke for a while, that rule T1 says so."""
    wanted = frame["told"].map({told.value: side.value for told, side in RIGHT.items()})
    return frame["side"].eq(wanted) & (frame["told"].ne(Told.TEMPORARY.value) | frame["rule_id"].eq("T1"))


def outcome(frame: pd.DataFrame) -> str:
    """The rules that decided about these messages, most messages first; those of less than a hundredth are left out."""
    sums = frame.groupby(["rule_id", "side"], as_index=False).agg(messages=("messages", "sum"))
    shares = sums.assign(share=sums["messages"] / sums["messages"].sum()).sort_values("share", ascending=False)
    return ", ".join(
        f"{line['rule_id']} ({line['side'].replace('_', ' ')}) {line['share']:.0%}"
        for line in shares.to_dict("records")
        if line["share"] >= 0.01
    )
