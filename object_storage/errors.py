"""The error of a storage that does not work, apart from the storage itself, which loads boto3."""


class StorageUnavailableError(ConnectionError):
    """The service cannot be reached, or refuses to work."""
