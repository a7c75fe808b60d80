"""Filters for the log."""

import logging


class ForbiddenFilter(logging.Filter):
    """Removes tracebacks from refused requests. Anybody can cause them, and they are no faults of the site."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return True, since the line itself stays."""
        if getattr(record, "status_code", None) == 403:
            record.exc_info = record.exc_text = None
        return True
