"""System checks for the settings of backups."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from backups.errors import BackupError
from backups.keys import parse_recipients
from backups.targets import target_from_url


@register
def check_settings(**kwargs: Any) -> list[CheckMessage]:
    """Report a target or a key that cannot be used."""
    if not settings.BACKUP_URL:
        return []
    messages: list[CheckMessage] = []
    try:
        target_from_url(settings.BACKUP_URL)
    except BackupError as error:
        messages.append(Error(str(error), id="backups.E001"))
    try:
        parse_recipients(settings.BACKUP_RECIPIENTS)
    except BackupError as error:
        messages.append(Error(str(error), id="backups.E002"))
    return messages
