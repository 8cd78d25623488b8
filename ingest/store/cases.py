"""Cases: what the accepted records of a day, an address and an evidence say together. What verdicts are made from, folded once per changed day.

Whatever changes which reports count, or what is known of an address, marks its days as due (`mark`, `touch`), in the same transaction. `fold` makes
the cases of due days anew from their records. Where records go for ever (`prune`), their cases are made before (`last_words`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

PIECE_RECORDS = 2_000_000  # folded at a time: bounds the memory
_OPEN = "day >= (SELECT day FROM closed_before)"
_SEEN = "r.policy_domain, c.header_from, c.envelope_from, c.dkim_aligned, c.spf_aligned, r.p, c.reasons, c.dkim, c.spf"
_NEES = "c.spf, c.dkim, c.reasons, r.p, c.spf_aligned, c.dkim_aligned, c.envelope_from, c.header_from, r.policy_domain"
# Two hashes of 64 bits: grouping by what they stand for costs three times as much.
_HASHES = f"hash({_SEEN}) AS e1, hash({_NEES}, 'again') AS e2"
_REPORTS = """
CREATE OR REPLACE TEMP TABLE case_report AS
SELECT report_no, day, policy_domain, p, dense_rank() OVER (ORDER BY reporter) AS reporter_no, reporter, lower(policy_domain) AS pd,
       policy_stops(p, eased) AS at_self, policy_stops(coalesce(sp, p), eased) AS below, policy_stops(coalesce(np, sp, p), eased) AS missing
FROM (SELECT * REPLACE (lower(p) AS p, lower(sp) AS sp, lower(np) AS np), coalesce(lower(testing) = 'y' OR pct = 0, false) AS eased
      FROM v_report SEMI JOIN (FROM case_wanted WHERE piece = $1) USING (report_no))
"""
_SEEN_NOW = f"""
CREATE OR REPLACE TEMP TABLE case_seen AS
SELECT c.rowid AS row, r.day, r.reporter_no, a.address_no, {_HASHES}, c.messages,
       if(c.dkim_aligned OR c.spf_aligned, NULL, c.disposition) AS treated,
       if(header_from_of(c.header_from, r.policy_domain) = r.pd, r.at_self, r.below) AS stops,
       if(header_from_of(c.header_from, r.policy_domain) = r.pd, r.at_self, r.missing) AS stops_missing
FROM record c JOIN case_report r USING (report_no) JOIN sum_address a ON a.source_ip IS NOT DISTINCT FROM c.source_ip
WHERE c.report_no BETWEEN $1 AND $2
"""  # noqa: S608 - SQL of this file
_RAW = """
CREATE OR REPLACE TEMP TABLE case_raw AS
SELECT day, address_no, e1, e2, list(reporter_no) AS told, sum(messages)::BIGINT AS messages, count(*) AS records,
       coalesce(sum(messages) FILTER (treated = 'quarantine'), 0)::BIGINT AS quarantined,
       coalesce(sum(messages) FILTER (treated = 'reject'), 0)::BIGINT AS rejected,
       coalesce(sum(messages) FILTER (stops), 0)::BIGINT AS stopped,
       coalesce(sum(messages) FILTER (stops_missing), 0)::BIGINT AS stopped_missing
FROM case_seen GROUP BY day, address_no, e1, e2
"""
_SHAPE = """
CREATE OR REPLACE TEMP TABLE case_shape AS
SELECT e1, e2, r.policy_domain, header_from_of(c.header_from, r.policy_domain) AS header_from, lower(c.envelope_from) AS envelope_from,
       c.dkim_aligned, c.spf_aligned, r.p, plain_override(c.reasons) AS override, plain_dkim(c.dkim) AS dkim, plain_spf(c.spf) AS spf
FROM (SELECT e1, e2, min(row) AS row FROM case_seen GROUP BY e1, e2) f
JOIN record c ON c.rowid = f.row AND c.report_no BETWEEN $1 AND $2
JOIN case_report r USING (report_no)
"""
_ALL = "policy_domain, header_from, envelope_from, dkim_aligned, spf_aligned, p, override, dkim, spf"
_ALL_AGAIN = "spf, dkim, override, p, spf_aligned, dkim_aligned, envelope_from, header_from, policy_domain"
_KEYED = f"SELECT *, hash({_ALL}) AS h1, hash({_ALL_AGAIN}, 'again') AS h2 FROM"
_NEW_EVIDENCE = f"""
INSERT INTO verdict_evidence BY NAME
SELECT (SELECT coalesce(max(evidence_no), 0) FROM verdict_evidence) + row_number() OVER () AS evidence_no, n.* EXCLUDE (pd, ours, other, best),
       ours.d AS our_domain, ours.s AS our_selector, ours.r AS our_result, lower(other.domain) AS other_domain, other.selector AS other_selector,
       best.d AS spf_domain, best.c AS spf_scope, best.r AS spf_result
FROM (
    SELECT {_ALL}, lower(policy_domain) AS pd, own_signature(dkim, header_from, pd) AS ours, other_signature(dkim, header_from, pd) AS other,
           best_check(spf) AS best
    FROM (FROM ({_KEYED} case_shape) QUALIFY row_number() OVER (PARTITION BY h1, h2) = 1)
    ANTI JOIN ({_KEYED} verdict_evidence) USING (h1, h2)
) n
"""  # noqa: S608 - SQL of this file
_NUMBERED = f"""
CREATE OR REPLACE TEMP TABLE case_numbered AS
SELECT r.* EXCLUDE (e1, e2) REPLACE (list_sort(list_distinct(told)) AS told), evidence_no
FROM case_raw r
JOIN (SELECT e1, e2, evidence_no FROM ({_KEYED} case_shape) JOIN ({_KEYED} verdict_evidence) USING (h1, h2)) USING (e1, e2)
"""  # noqa: S608 - SQL of this file
_TOLD = """
CREATE OR REPLACE TEMP TABLE case_told AS
SELECT told, list(reporter ORDER BY reporter) AS reporters
FROM (SELECT DISTINCT told, unnest(told) AS reporter_no FROM (SELECT DISTINCT told FROM case_numbered))
JOIN (SELECT DISTINCT reporter_no, reporter FROM case_report) USING (reporter_no)
GROUP BY told
"""
_NEW_REPORTERS = """
INSERT INTO verdict_reporters
SELECT (SELECT coalesce(max(reporters_no), 0) FROM verdict_reporters) + row_number() OVER (), reporters
FROM (SELECT reporters FROM case_told ANTI JOIN verdict_reporters USING (reporters))
"""
_KEEP = """
INSERT INTO verdict_day BY NAME
SELECT $1::INTEGER AS rule_version, c.* EXCLUDE (told), r.reporters_no, 0 AS verdict_no
FROM case_numbered c JOIN case_told USING (told) JOIN verdict_reporters r USING (reporters)
ORDER BY day, evidence_no, address_no
"""


def mark(connection: duckdb.DuckDBPyConnection, days: str) -> None:
    """The days of the SQL `days`, one column, are due."""
    connection.execute(f"INSERT INTO verdict_due SELECT DISTINCT * FROM ({days}) EXCEPT FROM verdict_due")  # noqa: S608 - SQL of this house


def touch(connection: duckdb.DuckDBPyConnection, source_ips: Sequence[str]) -> None:
    """Something else is known about these addresses: the days on which they sent are due."""
    sql = """
        INSERT INTO verdict_due
        SELECT DISTINCT day FROM sum_source SEMI JOIN (
            SELECT address_no FROM sum_address WHERE source_ip IN (SELECT unnest($1::VARCHAR[]))
        ) USING (address_no) EXCEPT FROM verdict_due
    """
    connection.execute(sql, [list(source_ips)])


def newest_version(connection: duckdb.DuckDBPyConnection) -> int:
    """That of the rules whose cases follow the facts; 0 before anything was judged."""
    return int(connection.execute("SELECT coalesce(max(rule_version), 0) FROM verdict_day").fetchall()[0][0])


def fold(connection: duckdb.DuckDBPyConnection, rule_version: int) -> None:
    """The cases of due days are those of their accepted records, without a verdict. Days that are closed keep theirs."""
    connection.execute(
        f"DELETE FROM verdict_day WHERE rule_version = $1 AND {_OPEN} AND day IN (FROM verdict_due)",  # noqa: S608 - SQL of this file
        [rule_version],
    )
    _fold(connection, rule_version, f"records_kept AND {_OPEN} AND day IN (FROM verdict_due)")


def last_words(connection: duckdb.DuckDBPyConnection, gone: str) -> None:
    """The records of the accepted reports in the table `gone`, which belong to closed days, stand in cases, too."""
    _fold(connection, newest_version(connection), f"records_kept AND report_no IN (SELECT report_no FROM {gone})")  # noqa: S608 - SQL of this house


def _fold(connection: duckdb.DuckDBPyConnection, rule_version: int, wanted: str) -> None:
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE case_wanted AS
        SELECT report_no, ((sum(records) OVER (ORDER BY day, report_no)) // $1)::BIGINT AS piece
        FROM v_report WHERE fate = 'accepted' AND records > 0 AND {wanted}
        """,  # noqa: S608 - SQL of this file
        [PIECE_RECORDS],
    )
    pieces = connection.execute(
        "SELECT piece, min(report_no), max(report_no) FROM case_wanted GROUP BY piece ORDER BY piece"
    ).fetchall()
    for piece, first, last in pieces:
        connection.execute(_REPORTS, [piece])
        connection.execute(_SEEN_NOW, [first, last])
        connection.execute(_RAW)
        connection.execute(_SHAPE, [first, last])
        for sql in (_NEW_EVIDENCE, _NUMBERED, _TOLD, _NEW_REPORTERS):
            connection.execute(sql)
        connection.execute(_KEEP, [rule_version])
