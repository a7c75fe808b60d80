"""Terms of the glossary."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse

from plaintext.characters import strip_control_characters
from plaintext.slugs import UnicodeSlugField, slugify

MAX_VARIANTS = 20


class Term(models.Model):
    """A word that texts use, and what it means in plain words."""

    name = models.CharField("term", max_length=80, help_text="As in a dictionary, such as tendon or range of motion.")
    slug = UnicodeSlugField(
        max_length=80,
        unique=True,
        blank=True,
        help_text="The term's anchor on the glossary page. Leave empty to create it from the term.",
    )
    meaning = models.TextField(
        max_length=300,
        help_text="One or two plain sentences. Visitors see them where a text uses the term first.",
    )
    variants = models.TextField(
        "other forms",
        blank=True,
        max_length=1000,
        help_text="One per line, such as an abbreviation or another spelling. A plural with s is found anyway.",
    )
    details = models.TextField(
        "more about it", blank=True, max_length=5000, help_text="Shown on the glossary page only, below the meaning."
    )
    modified_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = (Lower("name"),)
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="evidence_term_unique_name",
                violation_error_message="The glossary has this term already.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def forms(self) -> list[str]:
        """The term and its other forms."""
        return [self.name, *(line.strip() for line in self.variants.splitlines() if line.strip())]

    def clean(self) -> None:
        """Reject forms of other terms, because a word can lead to one term only."""
        super().clean()
        if len(self.forms) > MAX_VARIANTS + 1:
            raise ValidationError({"variants": f"Enter at most {MAX_VARIANTS} forms."})
        own = {form.casefold() for form in self.forms}
        for other in Term.objects.exclude(pk=self.pk):
            if taken := next((form for form in other.forms if form.casefold() in own), ""):
                field = "name" if taken.casefold() == self.name.casefold() else "variants"
                raise ValidationError({field: f"“{taken}” is a form of “{other}”. Remove it from one of the two."})

    def save(self, **kwargs: Any) -> None:
        """Save, with a slug."""
        self.name = " ".join(strip_control_characters(self.name).split())
        self.meaning = strip_control_characters(self.meaning).strip()
        self.variants, self.details = map(strip_control_characters, (self.variants, self.details))
        self.slug = self.slug or self._free_slug()
        super().save(**kwargs)

    def _free_slug(self) -> str:
        slug = slugify(self.name, 70) or "term"
        taken = set(Term.objects.filter(slug__startswith=slug).exclude(pk=self.pk).values_list("slug", flat=True))
        return next(each for each in (slug, *(f"{slug}-{n}" for n in range(2, 10_000))) if each not in taken)

    def get_absolute_url(self) -> str:
        """Return the URL of its entry in the glossary."""
        return f"{reverse('evidence:glossary')}#{self.slug}"
