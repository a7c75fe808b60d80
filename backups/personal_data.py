"""Backups contain everything, so the place that stores them is listed as a recipient."""

from urllib.parse import parse_qs, urlsplit

from django.conf import settings

from backups.models import Backup
from backups.rotation import KEEP_ALL
from privacy.registry import register


def describe_backups() -> str:
    """Describe where backups are stored and for how long; "" if there are none."""
    if not settings.BACKUP_URL:
        return ""
    parts = urlsplit(settings.BACKUP_URL)
    place = "our own storage"
    if parts.scheme == "s3":
        endpoint = parse_qs(parts.query).get("endpoint_url", ["https://s3.amazonaws.com"])[0]
        place = f"the storage service {urlsplit(endpoint).hostname}"
    keep = (settings.BACKUP_KEEP_DAILY, 7 * settings.BACKUP_KEEP_WEEKLY, 31 * settings.BACKUP_KEEP_MONTHLY)
    days = max(KEEP_ALL.days, *keep)
    return f"{place}, where encrypted backups are kept for up to {days} days"


register.add_recipient("backups", describe_backups)
register.add_impersonal(Backup, "name sha256 error", "Describes files.")
