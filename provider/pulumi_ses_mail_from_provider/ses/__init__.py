"""The service: connections, calls, the rate limiter, batched reads, and what its errors mean."""
