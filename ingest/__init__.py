"""What was said: from a mailbox to rows. The only writer of facts; owns the schema."""
