"""What stands in the exported files: name, type, unit and meaning of each column, in order. Shown in docs/exports.md."""

from __future__ import annotations

from analytics.frames import Column, Contract
from analytics.rates import BY_DAY
from analytics.senders import TREATED

DAY, *NUMBERS = BY_DAY  # the day; messages, what passed of them, and the rates
_POLICY: Contract = (
    Column("p", "text", "", "policy for the domain that the reporter saw: none, quarantine, reject"),
    Column("sp", "text", "", "policy for its subdomains"),
    Column("np", "text", "", "policy for subdomains that do not exist (RFC 9990)"),
    Column("adkim", "text", "", "DKIM alignment: r relaxed, s strict"),
    Column("aspf", "text", "", "SPF alignment: r relaxed, s strict"),
    Column("pct", "int?", "percent", "share of failing mail the policy was asked for (RFC 7489)"),
)
_PERIOD: Contract = (
    Column("begin_utc", "time", "UTC", "start of the report's period"),
    Column("end_utc", "time", "UTC", "end of the report's period"),
)
_REPORTER: Contract = (
    Column("reporter", "text", "", "organisation that sent the report, normalized"),
    Column("reporter_raw", "text", "", "its name as sent"),
    Column("reporter_email", "text", "", "its address as sent"),
)
_SOURCE: Contract = (
    Column("reverse_name", "text", "", "name from reverse DNS; empty where not asked or not found"),
    Column("country", "text", "", "ISO 3166 code of the network"),
    Column("asn", "int?", "", "autonomous system number"),
    Column("as_name", "text", "", "its name"),
)

RECORDS: Contract = (
    DAY,
    Column("policy_domain", "text", "", "domain whose policy was applied"),
    *_REPORTER,
    Column("report_id", "text", "", "id of the report as sent"),
    Column("report_key", "text", "UUID", "the same for every copy and revision of a report"),
    *_PERIOD,
    Column("record_index", "int", "", "position in the report, from 0"),
    Column("source_ip", "text", "", "address in canonical text; empty where it is not valid"),
    Column("source_ip_raw", "text", "", "address as sent"),
    *_SOURCE,
    Column("service", "text", "", "who runs the source; empty where not known"),
    Column("service_kind", "text", "", "what kind of service it is"),
    Column("looked_up_utc", "time", "UTC", "when network and service were looked up"),
    Column("header_from", "text", "", "domain in From:"),
    Column("envelope_from", "text", "", "domain of MAIL FROM"),
    Column("envelope_to", "text", "", "domain of RCPT TO"),
    Column("messages", "int", "messages", "mails the record stands for"),
    Column("dmarc_pass", "bool", "", "dkim_aligned or spf_aligned"),
    Column("dkim_aligned", "bool", "", "DKIM passed and was aligned, as evaluated by the reporter"),
    Column("spf_aligned", "bool", "", "SPF passed and was aligned, as evaluated by the reporter"),
    Column("dkim_pass", "bool", "", "some DKIM signature passed, of whatever domain"),
    Column("spf_pass", "bool", "", "some SPF check passed, for whatever domain"),
    Column("dkim_json", "text", "JSON", "list of domain, human_result, result, selector"),
    Column("spf_json", "text", "JSON", "list of domain, human_result, result, scope"),
    Column("disposition", "text", "", "what the reporter did: none, quarantine, reject, pass"),
    Column("reasons_json", "text", "JSON", "list of comment, type: why the policy was not applied"),
    *_POLICY,
    Column("testing", "text", "", "t= of the policy (RFC 9990)"),
    Column("discovery_method", "text", "", "how the policy was found (RFC 9990)"),
    Column("fo", "text", "", "failure reporting options"),
    Column("format", "text", "", "rfc7489, rfc9990 or mixed"),
    Column("flags_json", "text", "JSON", "list of data quality flags of the record"),
    Column("payload_sha256", "text", "hex", "the report's bytes in the spool"),
)

REPORTS: Contract = (
    Column("received_utc", "time", "UTC", "when the mail came; when it was ingested, for files"),
    Column("ingested_utc", "time", "UTC", "when it was kept"),
    Column("origin", "text", "", "mailbox/folder/uidvalidity/uid, or the path of a file"),
    Column(
        "member", "text", "", "path inside the mail or archive; empty text for a bare file, and where nothing was found"
    ),
    Column("message_id", "text", "", "Message-ID: of the mail"),
    Column("mail_from", "text", "", "From: of the mail"),
    Column("subject", "text", "", "Subject: of the mail"),
    Column("mail_sha256", "text", "hex", "the bytes of the mail in the spool"),
    Column(
        "payload_sha256",
        "text",
        "hex",
        "the decompressed bytes of the payload; empty where nothing was found in the mail",
    ),
    Column("size_bytes", "int?", "bytes", "how many they are"),
    Column("kind", "text", "", "aggregate, failure, tlsrpt or other"),
    Column("fate", "text", "", "accepted, duplicate, superseded, suspect, partial, quarantined or rejected"),
    Column("reason", "text", "", "why"),
    Column("xml_records", "int?", "records", "counted in the raw XML"),
    Column("xml_messages", "int?", "messages", "summed in the raw XML"),
    Column("records", "int?", "records", "read from it"),
    Column("messages", "int?", "messages", "read from it"),
    Column(
        "report_key",
        "text",
        "UUID",
        "the same for every copy and revision; from here on empty where no report was read",
    ),
    *_REPORTER,
    Column("contact", "text", "", "contact as sent"),
    Column("report_id", "text", "", "id of the report as sent"),
    Column("policy_domain", "text", "", "domain the report is about"),
    *_PERIOD,
    DAY,
    *_POLICY,
    Column("fo", "text", "", "failure reporting options"),
    Column("testing", "text", "", "t= of the policy (RFC 9990)"),
    Column("discovery_method", "text", "", "how the policy was found (RFC 9990)"),
    Column("generator", "text", "", "software that made the report (RFC 9990)"),
    Column("format", "text", "", "rfc7489, rfc9990 or mixed"),
    Column("version", "text", "", "version element as sent"),
    Column("namespace", "text", "", "XML namespace as sent"),
    Column("errors_json", "text", "JSON", "list of the reporter's own error texts"),
    Column("extensions", "text", "JSON", "extension elements"),
    Column("flags_json", "text", "JSON", "list of data quality flags of the report"),
    Column("parser", "text", "", "what read it, with version"),
    Column("records_pruned", "bool", "", "its records are not kept any more: records.csv does not hold them"),
)

SENDERS: Contract = (
    Column("policy_domain", "text", "", "domain whose policy was applied"),
    Column("header_from", "text", "", "domain in From:, or `(no domain)`"),
    Column("service", "text", "", "who runs the source: service, else network name, else `unknown network`"),
    Column("service_kind", "text", "", "what kind of service it is; empty for a bare network"),
    Column("source_ip", "text", "", "address in canonical text, or `(no valid address)`"),
    *_SOURCE,
    *NUMBERS,
    *TREATED,
    Column("first_seen", "day", "UTC day", "first day with such a message, over all data"),
    Column("last_seen", "day", "UTC day", "last such day"),
)
