-- The six counts of frames.COUNTS over the sums `r`, in messages. Sums are cast: DuckDB sums BIGINT to HUGEINT.
coalesce(sum(r.messages), 0)::BIGINT AS messages,
coalesce(sum(r.messages) FILTER (WHERE r.dkim_aligned OR r.spf_aligned), 0)::BIGINT AS dmarc_pass,
coalesce(sum(r.messages) FILTER (WHERE r.spf_aligned), 0)::BIGINT AS spf_aligned,
coalesce(sum(r.messages) FILTER (WHERE r.dkim_aligned), 0)::BIGINT AS dkim_aligned,
coalesce(sum(r.messages) FILTER (WHERE r.spf_pass), 0)::BIGINT AS spf_pass,
coalesce(sum(r.messages) FILTER (WHERE r.dkim_pass), 0)::BIGINT AS dkim_pass
