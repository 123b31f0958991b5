"""The pure part: names, inputs, the schema, decisions, DNS records, durations and errors."""
