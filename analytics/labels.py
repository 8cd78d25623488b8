"""What stands in a frame where a report left something out. Shown as it is, or translated by whoever shows it."""

from __future__ import annotations

NO_ADDRESS = "(no valid address)"  # a record whose source_ip could not be read
NO_DOMAIN = "(no domain)"  # a record without header_from
UNKNOWN_NETWORK = "unknown network"  # a source of which neither service nor network is known
