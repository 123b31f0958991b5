"""DNS: queries, the resolver, the diagnosis and its findings, SPF, DMARC alignment, and zone-file text."""
