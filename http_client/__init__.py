"""Outgoing HTTP requests: to public hosts only, with limits on time, size and redirects."""
