"""Errors whose message is written for the author."""


class SiteExportError(Exception):
    """The site could not be exported or imported. The message says what is wrong and what to do."""
