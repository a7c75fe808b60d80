"""Commands for the outbox."""
