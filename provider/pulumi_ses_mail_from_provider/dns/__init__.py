"""Name servers: queries, the resolver, the diagnosis and its findings, SPF."""
