"""From the bytes of one report to a `Report`: decode, read raw, parsedmarc, reconcile."""
