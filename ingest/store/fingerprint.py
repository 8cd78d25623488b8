"""One hash for each view of what a database holds: equal hashes, equal contents, whatever the order of the rows."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingest.store.connect import Database

# Left out: when we happened to read a mail, and in which order we stored it; and what is known about addresses, which no report says.
_KNOWLEDGE = "reverse_name, country, asn, as_name, service, service_kind"
LEFT_OUT = {
    "v_mail": "ingested_utc",
    "v_payload": "ingested_utc",
    "v_report": "report_no",
    "v_record": _KNOWLEDGE,
    "v_act": "",
    "v_prune": "",
    "v_sender_act": "",
    "v_opinion_act": "",
    "v_sum_source": "",
    "v_sum_reporter": "",
    "v_seen": "",
}
_SQL = """
SELECT count(*), sum(md5_number_lower(line)::HUGEINT), sum(md5_number_upper(line)::HUGEINT)
FROM (SELECT to_json(row)::VARCHAR AS line FROM (SELECT * {without} FROM {view}) row)
"""


def fingerprint(database: Database) -> dict[str, str]:
    """View → hex digest over its rows.

    `v_record` stands for the records of all reports, whatever their fate.

    Raises:
        StoreError: the database is missing, busy, damaged or of another version.
    """
    with database.read() as connection:
        return {
            view: _digest(
                connection.execute(
                    _SQL.format(
                        view="v_record_all" if view == "v_record" else view,
                        without=f"EXCLUDE ({without})" if without else "",
                    )
                ).fetchall()[0]
            )
            for view, without in LEFT_OUT.items()
        }


def _digest(sums: tuple[object, ...]) -> str:
    return hashlib.sha256(repr(sums).encode()).hexdigest()
