"""Measure how fast pages, the admin, the newsletter and imports are."""
