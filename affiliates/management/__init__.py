"""Management commands of affiliates."""
