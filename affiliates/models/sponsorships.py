"""Sponsored posts."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from affiliates import shop_urls


class Sponsorship(models.Model):
    """A gift or payment by a brand. Placed in a text, it is disclosed at the top."""

    class Kind(models.TextChoices):
        """What the brand provided."""

        GIFTED = "gifted", "I received a free product"
        PAID = "paid", "I was paid for the post"

    brand = models.CharField(max_length=80, help_text="Shown to visitors.")
    kind = models.CharField(
        "type", max_length=10, choices=Kind, help_text="Determines the first sentence of the disclosure."
    )
    hosts = models.TextField(
        "domains of the brand",
        blank=True,
        help_text="One per line. Links to them in the post are marked as partner links.",
    )
    note = models.TextField(
        "your note", blank=True, help_text="Added to the disclosure, for example what you received."
    )

    class Meta:
        """Sorted by brand."""

        ordering = ("brand", "pk")
        verbose_name = "sponsored post"
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=("gifted", "paid")), name="affiliates_sponsorship_kind_valid")
        ]

    def __str__(self) -> str:
        """Return the brand and what it provided."""
        return f"{self.brand}: {self.get_kind_display()}"

    @property
    def sentence(self) -> str:
        """Return the first sentence of the disclosure."""
        if self.kind == self.Kind.GIFTED:
            return f"{self.brand} gave me this product for free. I was not paid, and all opinions are my own."
        return f"{self.brand} paid for this post. All opinions are my own."

    @property
    def host_list(self) -> list[str]:
        """Return the domains of the brand."""
        return self.hosts.split()

    def clean(self) -> None:
        """Normalize the domains. Raises ValidationError for invalid ones."""
        try:
            hosts = [shop_urls.parse_shop_url(line).netloc.removeprefix("www.") for line in self.hosts.lower().split()]
        except ValidationError as error:
            raise ValidationError({"hosts": error.messages}) from error
        self.hosts = "\n".join(dict.fromkeys(hosts))
