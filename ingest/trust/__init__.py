"""How far a report mail is to be believed: who sent it, how we know, and whether that is who the report says it is from."""
