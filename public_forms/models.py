"""Counters for rate limits. They hold no IP address and are deleted after a day."""

from django.db import models


class RateLimitCounter(models.Model):
    """How often one client, or any other key, did one thing on one day."""

    fingerprint = models.CharField(max_length=64, unique=True)
    day = models.DateField(db_index=True)
    count = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.day}: {self.count}"
