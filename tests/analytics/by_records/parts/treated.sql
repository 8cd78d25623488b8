-- What receivers did to messages that failed DMARC, over the records `r`, in messages.
coalesce(sum(r.messages) FILTER (WHERE NOT r.dmarc_pass AND r.disposition = 'quarantine'), 0)::BIGINT AS quarantined,
coalesce(sum(r.messages) FILTER (WHERE NOT r.dmarc_pass AND r.disposition = 'reject'), 0)::BIGINT AS rejected
