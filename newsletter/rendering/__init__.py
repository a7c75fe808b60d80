"""Render campaigns as HTML and plain text."""
