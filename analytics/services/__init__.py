"""The catalogue of mail services: what each is, by what it is recognised, and what makes its mail pass DMARC."""
