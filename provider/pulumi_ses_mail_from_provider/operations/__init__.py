"""Create, read, update and delete of the MAIL FROM domain, the wait for its verification, and the account guard."""
