"""Whose mail it is, and what is wrong with it: one verdict for each record, from an ordered list of rules."""
