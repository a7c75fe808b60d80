"""Earnings from affiliate programs, as listed in their reports."""

from django.db import models

from affiliates.models.links import Link
from affiliates.models.programs import Program


class Earning(models.Model):
    """A line of a program's report. Returns are negative."""

    program = models.ForeignKey(Program, on_delete=models.PROTECT, editable=False, related_name="earnings")
    link = models.ForeignKey(Link, on_delete=models.SET_NULL, null=True, editable=False, related_name="earnings")
    day = models.DateField(editable=False)
    amount = models.DecimalField(max_digits=10, decimal_places=2, editable=False)
    currency = models.CharField(max_length=3, editable=False)
    item = models.CharField(max_length=200, blank=True, editable=False)
    # Identifies the line within its program, so that importing a report twice counts it once.
    line = models.CharField(max_length=64, editable=False)

    class Meta:
        """Newest first, with each line of a report once."""

        ordering = ("-day", "-pk")
        constraints = [models.UniqueConstraint("program", "line", name="affiliates_earning_once")]
        indexes = [models.Index(fields=("day", "currency"), name="affiliates_earning_day")]

    def __str__(self) -> str:
        """Return the day and amount."""
        return f"{self.day}: {self.amount} {self.currency}"
