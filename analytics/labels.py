"""What stands in a frame where a report left something out. Shown as it is, or translated by whoever shows it."""

from __future__ import annotations

NO_ADDRESS = "(no valid address)"  # a record whose source_ip could not be read
NO_DOMAIN = "(no domain)"  # a record without header_from
UNKNOWN_NETWORK = "unknown network"  # a source of which neither service nor network is known
UNKNOWN_COUNTRY = "unknown country"  # a source of which no country is known
NO_ENVELOPE = "(not reported)"  # neither MAIL FROM nor the domain of an SPF check
NULL_SENDER = "(null sender)"  # an empty MAIL FROM
