"""Management commands for affiliates."""
