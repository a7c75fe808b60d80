"""Disclaimers by kind. Posts show one of them; the blog decides which."""

from collections.abc import Collection
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction

from evidence.disclaimers.starters import MAX_LENGTH


class Disclaimer(models.Model):
    """What posts of one kind say about the limits of their advice."""

    name = models.CharField(
        max_length=80, unique=True, help_text="What it is for, such as Exercise. Only shown in the admin."
    )
    text = models.TextField(
        blank=True,
        max_length=MAX_LENGTH,
        help_text="Shown once on each post, also in feeds and emails. Leave empty for posts that need no disclaimer.",
    )
    is_default = models.BooleanField(
        "use for all other posts",
        default=False,
        help_text="Posts show this disclaimer unless their category or template has another one.",
    )

    class Meta:
        ordering = ("-is_default", "name")
        constraints = [
            models.UniqueConstraint(
                fields=("is_default",), condition=models.Q(is_default=True), name="evidence_one_default_disclaimer"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Keep a default: another one replaces it, and it needs a text."""
        super().clean()
        was_default = Disclaimer.objects.filter(pk=self.pk, is_default=True).exists()
        if was_default and not self.is_default:
            raise ValidationError({"is_default": "Choose this for another disclaimer, which then replaces this one."})
        if self.is_default and not self.text.strip():
            raise ValidationError({"text": "Enter a text. Posts about health show it unless you choose otherwise."})

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """Check all but that there is one default, because saving a new one takes the place of the old one."""
        super().validate_constraints(exclude={*(exclude or ()), "is_default"})

    def save(self, **kwargs: Any) -> None:
        """Save, and make a new default the only one."""
        self.text = self.text.strip()
        with transaction.atomic():
            if self.is_default:
                # Two admins who choose a default at the same time wait for each other here.
                others = Disclaimer.objects.select_for_update().filter(is_default=True).exclude(pk=self.pk)
                Disclaimer.objects.filter(pk__in=[each.pk for each in others]).update(is_default=False)
            super().save(**kwargs)


def default_text() -> str:
    """Return the text of the default disclaimer, or ""."""
    return Disclaimer.objects.filter(is_default=True).values_list("text", flat=True).first() or ""
