"""Texts that a brand gave or paid something for."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from affiliates import shop_urls


class Sponsorship(models.Model):
    """That a brand gave or paid something for a text: placed in that text, it says so at its top."""

    class Kind(models.TextChoices):
        GIFTED = "gifted", "Something was given to me"
        PAID = "paid", "I was paid for the text"

    brand = models.CharField(max_length=80, help_text="As readers see it.")
    kind = models.CharField("what happened", max_length=10, choices=Kind, help_text="It decides the first sentence.")
    hosts = models.TextField(
        "sites of the brand",
        blank=True,
        help_text="One a line. Links to them in that text say that the brand gave something for it.",
    )
    words = models.TextField(
        "in your words", blank=True, help_text="A sentence more, such as what it was and that the opinion is yours."
    )

    class Meta:
        ordering = ("brand", "pk")
        verbose_name = "gift or sponsored text"
        verbose_name_plural = "gifts and sponsored texts"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=("gifted", "paid")), name="affiliates_sponsorship_kind_is_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.brand}: {self.get_kind_display()}"

    @property
    def sentence(self) -> str:
        """What happened."""
        if self.kind == self.Kind.GIFTED:
            return f"{self.brand} gave me what this is about. Nobody paid me for what I say."
        return f"{self.brand} paid for this. What I say is my own opinion."

    @property
    def host_list(self) -> list[str]:
        """The sites of the brand."""
        return self.hosts.split()

    def clean(self) -> None:
        """Tidy the sites; ValidationError names what is none."""
        try:
            hosts = [shop_urls.read(line).netloc.removeprefix("www.") for line in self.hosts.lower().split()]
        except ValidationError as error:
            raise ValidationError({"hosts": error.messages}) from error
        self.hosts = "\n".join(dict.fromkeys(hosts))
