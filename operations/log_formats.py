"""Log lines for people and for machines. Both name the request or job, and neither contains personal data."""

import json
import logging
from datetime import UTC, datetime

from operations.context import current_job, current_request_id
from operations.redaction import redact


class LineFormatter(logging.Formatter):
    """One readable line, followed by the traceback of an error."""

    def __init__(self) -> None:
        super().__init__("{message}", style="{")

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        source = _request_id(record) or current_job()
        name = f"{record.name} [{source}]" if source else record.name
        return f"{self.formatTime(record)} {record.levelname} {name}: {redact(super().format(record))}"


class JsonFormatter(logging.Formatter):
    """One JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the object without line breaks. What is unknown is left out."""
        request = getattr(record, "request", None)
        fields = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": redact(record.getMessage()),
            "request_id": _request_id(record),
            "job": current_job(),
            "process": record.process,
            "method": getattr(request, "method", ""),
            "status": getattr(record, "status_code", ""),
            "traceback": redact(self.formatException(record.exc_info)) if record.exc_info else "",
        }
        return json.dumps({name: value for name, value in fields.items() if value}, ensure_ascii=False)


def _request_id(record: logging.LogRecord) -> str:
    return current_request_id() or getattr(getattr(record, "request", None), "request_id", "")


FORMATTERS = {"line": LineFormatter, "json": JsonFormatter}
