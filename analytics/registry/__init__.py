"""Which entry of the registry of senders mail belongs to, and how much that is proven."""
