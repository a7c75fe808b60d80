"""Template filters of affiliates."""
