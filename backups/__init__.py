"""Encrypted backups of the database, the media files and the settings, and restoring them."""
