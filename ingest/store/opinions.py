"""What people say about verdicts in the database: every act is kept for ever, and the last one about a subject counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest import opinions
from ingest.store.act_table import ActTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ingest.opinions import OpinionAct
    from ingest.store.connect import Database

ACTS = ActTable("opinion_act", opinions.act_of, opinions.plain)
IN_FORCE = "v_opinion"


def decide(
    database: Database,
    act: OpinionAct,
    *,
    earlier: Callable[[], Iterable[OpinionAct]],
    write_down: Callable[[Sequence[OpinionAct]], None],
) -> OpinionAct:
    """The act is in force; returns it as it is kept. A database that is missing is made.

    Args:
        database: where it is kept.
        act: who says what, when and why.
        earlier: gives the acts of the journal: those that the database missed are applied first.
        write_down: puts acts on disk; called once, when nothing speaks against them any more.

    Raises:
        SettingsError: the act cannot be, or changes nothing. Nothing of it was done.
        StoreError: a disk refused. When it was that of the database, the act is in the journal and is applied at the next start.
    """
    made = opinions.checked(act)
    with database.write() as connection:
        ACTS.apply_missing(connection, earlier())
        refusal = opinions.idle(made, opinions.standing(ACTS.held(connection, IN_FORCE)).get(made.key))
        if refusal is None:
            write_down([made])
            ACTS.apply(connection, made)
    if refusal is not None:
        raise refusal  # outside of the transaction: what was missing stays applied
    return made
