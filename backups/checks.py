"""System checks for the settings of backups."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

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


@register(deploy=True)
def check_backups_are_set_up(**kwargs: Any) -> list[CheckMessage]:
    """Warn if a public site has no backups."""
    if settings.BACKUP_URL:
        return []
    return [Warning("No backups are made.", hint="Set BACKUP_URL and BACKUP_RECIPIENTS.", id="backups.W001")]
