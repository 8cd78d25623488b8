"""Who sends as us: services, then their addresses, then one address down to its records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analytics.ask import ask, ask_plainly
from analytics.frames import COUNTS, DAY, RATES, SEEN, SERVICE, SERVICE_KIND, Column, Contract, checked
from analytics.pass_rate import with_rates

if TYPE_CHECKING:
    import pandas as pd

    from analytics.reader import Reader
    from analytics.window import Window

TREATED: Contract = (
    Column("quarantined", "int", "messages", "failed DMARC and were quarantined, says the reporter"),
    Column("rejected", "int", "messages", "failed DMARC and were rejected, says the reporter"),
)
SERVICES: Contract = (
    SERVICE,
    SERVICE_KIND,
    Column("sources", "int", "addresses", "different source_ip in the window; `(no valid address)` is one"),
    Column("header_froms", "texts", "", "domains in From:, at most 20, most messages first"),
    Column("header_from_total", "int", "domains", "how many different ones there are"),
    *COUNTS,
    *RATES,
    *SEEN,
    Column("previous_messages", "int", "messages", "messages in the window before"),
    Column("previous_dmarc_pass", "int", "messages", "of them passed DMARC"),
    Column("previous_pass_rate", "float", "0..1", "pass rate in the window before; NaN without messages"),
    *TREATED,
)
SOURCES: Contract = (
    Column("source_ip", "text", "", "address in canonical text, or `(no valid address)`"),
    Column("reverse_name", "text", "", "name from reverse DNS; missing where not asked or not found"),
    Column("country", "text", "", "ISO 3166 code of the network"),
    Column("asn", "int?", "", "autonomous system number"),
    Column("as_name", "text", "", "its name"),
    SERVICE,
    SERVICE_KIND,
    *COUNTS,
    *RATES,
    *SEEN,
    *TREATED,
)
SOURCE_DAYS: Contract = (DAY, *COUNTS, *RATES)
SOURCE_RECORDS: Contract = (
    DAY,
    Column("reporter", "text", "", "organisation that sent the report"),
    Column("policy_domain", "text", "", "domain whose policy was applied"),
    Column("header_from", "text", "", "domain in From:, or `(no domain)`"),
    Column("envelope_from", "text", "", "domain of MAIL FROM; missing where not reported or empty"),
    Column("envelope_to", "text", "", "domain of RCPT TO; missing where not reported"),
    Column("messages", "int", "messages", "mails the record stands for"),
    Column("disposition", "text", "", "what the reporter did: none, quarantine, reject, pass"),
    Column("dkim_aligned", "bool", "", "DKIM passed and was aligned, as evaluated by the reporter"),
    Column("spf_aligned", "bool", "", "SPF passed and was aligned, as evaluated by the reporter"),
    Column("dmarc_pass", "bool", "", "either of them"),
    Column("dkim", "text", "", "signatures: `d=… s=… result`, joined by `; `; `?` is not reported"),
    Column("spf", "text", "", "SPF checks: `domain (scope) result`, joined by `; `"),
    Column("reasons", "text", "", "why the policy was not applied: `type: comment`, joined by `; `"),
    Column("report_id", "text", "", "id of the report, as sent"),
    Column("payload_sha256", "text", "", "its bytes in the spool"),
    Column("record_index", "int", "", "position in the report, from 0"),
)


def services(reader: Reader, window: Window) -> pd.DataFrame:
    """Services with mail in the window (`SERVICES`), most messages first; a service is never missing."""
    frame = with_rates(ask(reader, "services", window.parameters()))
    before = frame["previous_messages"].astype("float64")
    frame["previous_pass_rate"] = frame["previous_dmarc_pass"] / before.where(before > 0)
    return checked(frame, SERVICES)


def sources(
    reader: Reader, window: Window, *, service: str | None = None, limit: int = 500, offset: int = 0
) -> pd.DataFrame:
    """A page of addresses with mail in the window (`SOURCES`), of one service or of all, most messages first."""
    page = {"service": service, "limit": limit, "offset": offset}
    return checked(with_rates(ask(reader, "sources", window.parameters() | page)), SOURCES)


def source_days(reader: Reader, window: Window, source_ip: str) -> pd.DataFrame:
    """One address day by day (`SOURCE_DAYS`), oldest first; only days with records."""
    counts = ask(reader, "source_days", window.parameters() | {"source_ip": source_ip})
    return checked(with_rates(counts), SOURCE_DAYS)


def source_records(
    reader: Reader, window: Window, source_ip: str, *, limit: int = 200, offset: int = 0
) -> pd.DataFrame:
    """A page of what reports say about one address (`SOURCE_RECORDS`): newest day first, then most messages."""
    asked = window.parameters() | {"source_ip": source_ip}
    with reader.asking() as one:
        (reach,) = ask_plainly(one, "source_reach", asked | {"records": limit + offset})
        page = {"since": reach["first_day"] or window.since, "limit": limit, "offset": offset}
        return checked(ask(one, "source_records", asked | page), SOURCE_RECORDS)
