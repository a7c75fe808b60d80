"""Which findings of the checklist block publishing, as the site's owner decides."""

from django.db import models

from siteinfo.singletons import Singleton


class Severity(models.TextChoices):
    """What a finding of the checklist does."""

    IGNORE = "ignore", "Ignore"
    WARN = "warn", "Warn"
    BLOCK = "block", "Block"


class PublishingRules(Singleton):
    """The owner's choice of severity for each check, by the check's id."""

    severities = models.JSONField(default=dict, editable=False)

    class Meta:
        """The names in the admin."""

        verbose_name = "publishing rules"
        verbose_name_plural = "publishing rules"

    def __str__(self) -> str:
        return "Publishing rules"
