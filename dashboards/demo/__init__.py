"""A believable company and its report mails, to try whosends and to test it end to end."""
