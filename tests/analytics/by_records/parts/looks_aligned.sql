-- x.domain against header_from (hf) and the policy domain (pd) of the record, all compared in lower case.
lower(x.domain) = hf
OR (contains(x.domain, '.') AND ends_with(hf, concat('.', lower(x.domain))))
OR (contains(hf, '.') AND ends_with(lower(x.domain), concat('.', hf)))
OR (ends_with(concat('.', lower(x.domain)), concat('.', pd)) AND ends_with(concat('.', hf), concat('.', pd)))
