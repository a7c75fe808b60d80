"""Redirects from old URLs, and the log of URLs that were not found."""
