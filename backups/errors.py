"""The error that backups raise for problems the owner can fix."""


class BackupError(Exception):
    """A backup could not be made, read or restored. The message says why and what to do."""
