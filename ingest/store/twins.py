"""Reports that are probably the same one again under another id: they count once, until a person decides otherwise.

Two reports of one reporter about one domain and one period are usually both right: several systems report, or the policy changed within the day. When
every row of them and the policy are equal, one of them is more likely a repetition. Of such twins the one that is proven best counts, among equals
the one that came first; the others are `suspect`. What is compared is in the database, so the order and the batches in which mails came do not matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from ingest.model import Fate, Kept
from ingest.store.judge import CONTENT, decisions

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import duckdb

WORDS = (
    "every row is as in another report of this reporter for the same period, under another id: "
    "only one of them counts until a person accepts this one too"
)

# `place` numbers the groups of twins: reports with the same period whose rows are equal, however they are ordered. A group of one is a suspect that has
# lost its twin, or a report that only looks like another from afar.
_TWINS = f"""
WITH period AS (
    SELECT DISTINCT reporter, policy_domain, begin_utc, end_utc FROM report WHERE report_key IN (SELECT unnest($1::UUID[]))
), candidate AS (
    SELECT r.*, pruned_content IS NOT NULL AS pruned, fate = 'suspect' OR count(*) OVER (
               PARTITION BY reporter, policy_domain, begin_utc, end_utc, p, sp, np, adkim, aspf, pct, records, messages) > 1 AS to_look_at
    FROM report r SEMI JOIN period USING (reporter, policy_domain, begin_utc, end_utc)
    WHERE fate IN ('accepted', 'suspect') AND records > 0
), content AS (
    SELECT report_no, {CONTENT} AS content
    FROM record WHERE report_no IN (SELECT report_no FROM candidate WHERE to_look_at)
    GROUP BY report_no
    UNION ALL
    SELECT report_no, pruned_content FROM candidate WHERE to_look_at AND pruned
), placed AS (
    SELECT payload_sha256, fate, received_utc, trust, records, messages, pruned,
           dense_rank() OVER (ORDER BY reporter, policy_domain, begin_utc, end_utc, p, sp, np, adkim, aspf, pct, content) AS place
    FROM candidate JOIN content USING (report_no)
)
SELECT place, payload_sha256, fate, records, messages, pruned FROM placed
ORDER BY place, (pruned AND fate = 'accepted') DESC, coalesce(trust, -1) DESC, received_utc, payload_sha256
"""  # noqa: S608 - an expression of this house
_Row = tuple[int, str, str, int, int, bool]  # as the SQL gives it


@dataclass(frozen=True, slots=True)
class Change:
    """A stored report that counts from now on, or does not any more."""

    kept: Kept
    before: Fate
    after: Fate
    reason: str


def changes(connection: duckdb.DuckDBPyConnection, keys: Collection[object]) -> list[Change]:
    """What is to be changed among the reports with the periods of these report keys; nothing is written.

    A report that a person accepted counts, whatever it is a twin of. One whose records are gone stays what it is, and comes first if it counts.
    """
    found: list[_Row] = connection.execute(_TWINS, [list(keys)]).fetchall()
    if not found:
        return []
    said = decisions(connection, [row[1] for row in found])
    accepted = {sha: one.words for sha, one in said.items() if one.what == "accept"}
    groups = (list(group) for _, group in groupby(found, key=lambda row: row[0]))
    return [change for group in groups for change in _changed(group, accepted)]


def _changed(group: list[_Row], accepted: dict[str, str]) -> Iterator[Change]:
    first = group[0][1]
    for _, payload_sha256, fate, records, messages, pruned in group:
        counts = payload_sha256 == first or payload_sha256 in accepted
        after = Fate.ACCEPTED if counts else Fate.SUSPECT
        if after.value != fate and not pruned:
            reason = accepted.get(payload_sha256, "") if counts else WORDS
            yield Change(Kept(payload_sha256, records, messages), Fate(fate), after, reason)
