-- Every outcome with the smallest one that counts alike: of the many that differ only in their evidence, one stands for all.
SELECT outcome_no,
       min(outcome_no) OVER (PARTITION BY dkim_aligned, spf_aligned, dkim_pass, spf_pass, disposition, cause IS NULL) AS alike_no
FROM sum_outcome
