"""Template filters for affiliates."""
