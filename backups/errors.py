"""The one error that backups raise for what the owner can mend."""


class BackupError(Exception):
    """A backup could not be made, read or restored. The message says why and what to do."""
