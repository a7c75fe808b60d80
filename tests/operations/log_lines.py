"""Collect what the site logs, in the formats that it offers."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from operations.log_formats import FORMATTERS


@contextmanager
def collect_lines(format_name: str, level: int = logging.DEBUG) -> Iterator[io.StringIO]:
    """Collect every line from `level` on that is logged in this block."""
    output = io.StringIO()
    handler = logging.StreamHandler(output)
    handler.setFormatter(FORMATTERS[format_name]())
    root = logging.getLogger()
    loggers = [root, logging.getLogger("django")]
    levels = [logger.level for logger in loggers]
    root.addHandler(handler)
    for logger in loggers:
        logger.setLevel(level)
    try:
        yield output
    finally:
        root.removeHandler(handler)
        for logger, old in zip(loggers, levels, strict=True):
            logger.setLevel(old)
