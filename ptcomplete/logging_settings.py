"""Django's LOGGING setting."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured

from operations.log_formats import FORMATTERS


def logging_settings(level: str, format_name: str) -> dict[str, Any]:
    """Return LOGGING for the values of LOG_LEVEL and LOG_FORMAT."""
    if format_name not in FORMATTERS:
        raise ImproperlyConfigured(f"Set LOG_FORMAT to one of: {', '.join(FORMATTERS)}.")
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"chosen": {"()": FORMATTERS[format_name]}},
        "filters": {"forbidden": {"()": "operations.log_filters.ForbiddenFilter"}},
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": "chosen", "filters": ["forbidden"]},
            "error_emails": {"()": "operations.error_emails.ErrorEmailHandler"},
        },
        "root": {"handlers": ["console", "error_emails"], "level": level},
        "loggers": {
            # Django sets the level of this logger, so the level of the root logger does not apply to it. It also adds
            # a handler that emails whole requests to ADMINS, which this removes.
            "django": {"level": level, "handlers": []},
            # Its debug messages contain what visitors typed into forms.
            "django.template": {"level": "INFO" if level == "DEBUG" else level},
            "django.server": {"handlers": ["console"], "level": "INFO", "propagate": False},
        },
    }
