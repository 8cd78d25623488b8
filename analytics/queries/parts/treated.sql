-- What receivers did to messages that failed DMARC, over the sums `r`, in messages.
coalesce(sum(r.messages) FILTER (WHERE r.cause IS NOT NULL AND r.disposition = 'quarantine'), 0)::BIGINT AS quarantined,
coalesce(sum(r.messages) FILTER (WHERE r.cause IS NOT NULL AND r.disposition = 'reject'), 0)::BIGINT AS rejected
