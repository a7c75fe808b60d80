"""A queue for single emails."""
