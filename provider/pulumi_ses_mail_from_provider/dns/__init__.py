"""DNS: queries, the resolver, the diagnosis and its findings, SPF, and zone-file text."""
