"""What people decide about payloads: accept what was held back, reject what counts; each act is kept for ever.

An act is in the journal, on disk, before the database knows it. When the program dies in between, `catch_up` applies it at the next start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.errors import SettingsError, StoreMissing
from ingest.model import Fate, Prune
from ingest.store import prune, relabel
from ingest.store.judge import words
from ingest.store.settle import change, settle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import duckdb

    from ingest.model import Act, Deed
    from ingest.store.connect import Database

ACCEPT, REJECT = "accept", "reject"
SHORTEST = 8  # characters of a hash that name a payload
MAX_TEXT = 1_000  # characters of who and why


def decide(
    database: Database,
    acts: Sequence[Act],
    *,
    earlier: Callable[[], Iterable[Deed]],
    write_down: Callable[[Sequence[Act]], None],
) -> list[tuple[Fate, Fate]]:
    """The acts are in force; returns the fate of each payload before and after. All of them, or none.

    Args:
        database: where the payloads are.
        acts: what was decided, about different payloads.
        earlier: gives the acts and prunes of the journal: those that the database missed are applied first.
        write_down: puts acts on disk; called once, when nothing speaks against them any more.

    Raises:
        SettingsError: one of them cannot be done; nothing was.
        StoreMissing: there is no database.
        StoreError: a disk refused. When it was that of the database, the acts are in the journal and are applied at the next start.
    """
    if not database.path.exists():
        raise StoreMissing(f"{database.path}: no database yet", hint="run `whosends poll` or `whosends load PATH`")
    with database.write() as connection:
        apply_missing(connection, earlier())
        for act in acts:
            _check(connection, act)
        write_down(acts)
        return [apply(connection, act) for act in acts]


def catch_up(database: Database, deeds: Sequence[Deed]) -> int:
    """Acts and prunes of the journal that the database does not hold are applied; returns how many. Again changes nothing."""
    if not deeds or not database.path.exists() or not missing(database, deeds):
        return 0
    with database.write() as connection:
        return apply_missing(connection, deeds)


def apply_missing(connection: duckdb.DuckDBPyConnection, deeds: Iterable[Deed]) -> int:
    """The same inside a transaction of the caller; each as if it were alone in it."""
    missing = _missing(connection, deeds)
    for deed in missing:
        if isinstance(deed, Prune):
            prune.apply(connection, deed)
        else:
            apply(connection, deed)
    return len(missing)


def missing(database: Database, deeds: Sequence[Deed]) -> list[Deed]:
    """Acts and prunes of the journal that the database does not hold."""
    with database.read() as connection:
        return _missing(connection, deeds)


def _missing(connection: duckdb.DuckDBPyConnection, deeds: Iterable[Deed]) -> list[Deed]:
    """No two deeds are the same in all that is compared."""
    held = {
        *connection.execute("SELECT at_utc, who, what, payload_sha256, why FROM act").fetchall(),
        *connection.execute("SELECT at_utc, who, before_day FROM prune").fetchall(),
    }
    return [deed for deed in deeds if tuple(getattr(deed, name) for name in deed.__slots__) not in held]


def apply(connection: duckdb.DuckDBPyConnection, act: Act) -> tuple[Fate, Fate]:
    """The act is in the table, and in force as far as it can be: what no report was read from cannot count.

    What is said about a report whose records are gone changes nothing.
    """
    before = _fate(connection, act.payload_sha256)
    number = connection.execute("SELECT coalesce(max(act_no), 0) + 1 FROM act").fetchall()[0][0]
    connection.execute(
        "INSERT INTO act VALUES ($1, $2, $3, $4, $5, $6, $7, $7)",
        [number, act.at_utc, act.who, act.what, act.payload_sha256, act.why, (before or Fate.REJECTED).value],
    )
    _carry_out(connection, act, before)
    after = _fate(connection, act.payload_sha256)
    connection.execute("UPDATE act SET fate_after = $2 WHERE act_no = $1", [number, (after or Fate.REJECTED).value])
    prune.late(connection)
    return before or Fate.REJECTED, after or Fate.REJECTED


def _carry_out(connection: duckdb.DuckDBPyConnection, act: Act, before: Fate | None) -> None:
    found = connection.execute(
        "SELECT report_key FROM report WHERE payload_sha256 = $1", [act.payload_sha256]
    ).fetchall()
    after = Fate.REJECTED if act.what == REJECT else Fate.ACCEPTED
    if before in {None, after} or (after is Fate.ACCEPTED and (not found or before is Fate.SUPERSEDED)):
        return
    if prune.is_final(connection, act.payload_sha256, accepted=after is Fate.ACCEPTED):
        return
    reason = words(act.what, act.who, act.why)
    if not found:
        for held in (Fate.PARTIAL, Fate.QUARANTINED):
            list(relabel.lines(connection, act.payload_sha256, (held, after), reason))
        return
    change(connection, act.payload_sha256, (Fate(str(before)), after), reason)
    settle(connection, [row[0] for row in found])


def _fate(connection: duckdb.DuckDBPyConnection, payload_sha256: str) -> Fate | None:
    """The fate of its report, else the best of its ledger lines; None when the ledger does not know it."""
    for sql in (
        "SELECT fate FROM report WHERE payload_sha256 = $1",
        "SELECT fate FROM payload WHERE payload_sha256 = $1 ORDER BY fate LIMIT 1",  # partial, quarantined, rejected
    ):
        if found := connection.execute(sql, [payload_sha256]).fetchall():
            return Fate(found[0][0])
    return None


def _check(connection: duckdb.DuckDBPyConnection, act: Act) -> None:
    """Nothing speaks against it."""
    for name, text in (("who", act.who), ("why", act.why)):
        if not text.strip() or len(text) > MAX_TEXT:
            raise SettingsError(
                f"{act.what}: {name} is {'too long' if text.strip() else 'missing'}",
                hint="say who decided, and why: auditors read it",
            )
    short, fate = act.payload_sha256[:12], _fate(connection, act.payload_sha256)
    if fate is None:
        raise SettingsError(f"no payload {act.payload_sha256}", hint="`whosends ledger` lists them")
    if prune.is_final(connection, act.payload_sha256, accepted=act.what == ACCEPT):
        raise SettingsError(
            f"payload {short} cannot be {act.what}ed: records before {prune.kept_from(connection)} are not kept, so the sums could not follow",
            hint="what counts on those days is final; `whosends raw` still gives the report",
        )
    if act.what == REJECT and fate is Fate.REJECTED:
        raise SettingsError(f"payload {short} is rejected already", hint="`whosends ledger --search` shows why")
    if act.what == ACCEPT and fate in {Fate.ACCEPTED, Fate.SUPERSEDED}:
        raise SettingsError(f"payload {short} is {fate.value} already", hint="only what was held back can be accepted")
    if act.what == ACCEPT and not _has_report(connection, act.payload_sha256):
        raise SettingsError(
            f"payload {short} holds no report that could be read: {_reason(connection, act.payload_sha256)}",
            hint="`whosends raw` gives its bytes; after an upgrade `whosends reparse` reads it again",
        )


def _has_report(connection: duckdb.DuckDBPyConnection, payload_sha256: str) -> bool:
    return bool(connection.execute("SELECT 1 FROM report WHERE payload_sha256 = $1", [payload_sha256]).fetchall())


def _reason(connection: duckdb.DuckDBPyConnection, payload_sha256: str) -> str:
    found = connection.execute(
        "SELECT reason FROM payload WHERE payload_sha256 = $1 ORDER BY mail_id LIMIT 1", [payload_sha256]
    ).fetchall()
    return str(found[0][0]) if found else ""


def find(database: Database, names: Sequence[str]) -> list[str]:
    """The payloads that these hashes, or beginnings of at least SHORTEST characters, name; each once, in order.

    Raises:
        SettingsError: a name is too short, names nothing, or more than one.
    """
    sql = (
        "SELECT DISTINCT payload_sha256, false FROM payload WHERE starts_with(payload_sha256, $1) ORDER BY ALL LIMIT 3"
    )
    with database.read() as connection:
        return list(dict.fromkeys(_find(connection, name, sql)[0] for name in names))


def find_any(database: Database, name: str) -> tuple[str, bool]:
    """The payload, or the mail (then with True), that this hash or beginning of a hash names. A bare file is both: the payload.

    Raises:
        SettingsError: it is too short, names nothing, or more than one.
    """
    sql = """
        SELECT sha256, bool_and(is_mail) FROM (
            SELECT payload_sha256 AS sha256, false AS is_mail FROM payload UNION SELECT mail_sha256, true FROM mail
        ) WHERE starts_with(sha256, $1) GROUP BY sha256 ORDER BY ALL LIMIT 3
    """
    with database.read() as connection:
        return _find(connection, name, sql)


def _find(connection: duckdb.DuckDBPyConnection, name: str, sql: str) -> tuple[str, bool]:
    wanted = name.strip().lower()
    if len(wanted) < SHORTEST or not set(wanted) <= set("0123456789abcdef"):
        raise SettingsError(f"{name!r} is not the beginning of a SHA-256", hint=f"give at least {SHORTEST} hex digits")
    found = connection.execute(sql, [wanted]).fetchall()
    if not found:
        raise SettingsError(f"nothing in the ledger begins with {wanted}", hint="`whosends ledger` lists it")
    if len(found) > 1:
        both = ", ".join(row[0][:20] for row in found)
        raise SettingsError(f"{wanted} names more than one: {both}", hint="give more digits")
    return str(found[0][0]), bool(found[0][1])


_HELD = """
SELECT DISTINCT t.payload_sha256 FROM report t JOIN payload p USING (payload_sha256)
WHERE t.fate = p.fate AND t.pruned_content IS NULL AND t.fate IN (SELECT unnest($1::VARCHAR[]))
  AND ($2::VARCHAR IS NULL OR contains(lower(p.reason), lower($2))) AND ($3::VARCHAR IS NULL OR t.reporter = $3)
ORDER BY ALL
"""


def matching(
    database: Database, fates: Sequence[Fate], *, reason: str | None = None, reporter: str | None = None
) -> list[str]:
    """Payloads with a stored report of these fates, a part of the reason in any case, and exactly that reporter.

    Reports whose records are gone are left out: nobody can decide about them any more.
    """
    with database.read() as connection:
        rows = connection.execute(_HELD, [[fate.value for fate in fates], reason, reporter]).fetchall()
    return [row[0] for row in rows]
