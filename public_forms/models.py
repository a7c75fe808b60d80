"""How often an address did something today. No address is kept, and no row outlives the next day."""

from django.db import models


class Tally(models.Model):
    """How often one network did one thing on one day."""

    fingerprint = models.CharField(max_length=64, unique=True)
    day = models.DateField(db_index=True)
    count = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.day}: {self.count}"
