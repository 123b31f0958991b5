"""SES as this package uses it: connections, calls, rate limit, batched reads, and what errors mean."""
