"""The full-page cache and its invalidation."""
