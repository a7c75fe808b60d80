"""Categories, which form a tree. Tags are in `tags`, above posts, because merging tags changes posts."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F
from django.urls import reverse

from evidence.models import Disclaimer
from images.models import Image
from plaintext.characters import strip_control_characters
from plaintext.slugs import UnicodeSlugField, slugify
from publishing.path_tree import PathNode
from richtext.references import ReferenceSource


class CategoryQuerySet(models.QuerySet["Category"]):
    """Categories for menus and lists."""

    def tree(self) -> "list[Category]":
        """Return the top-level categories in order, with `subcategories` set at any depth. One query."""
        children = defaultdict[int | None, list[Category]](list)
        categories = list(self.select_related("image"))
        for category in categories:
            children[category.parent_id].append(category)
        for category in categories:
            category.subcategories = children[category.pk]
        return children[None]


class Category(PathNode, ReferenceSource):
    """A blog category, optionally under another one."""

    reference_fields = ("image",)

    name = models.CharField(max_length=200, help_text="Shown in menus and above posts.")
    slug = UnicodeSlugField(max_length=200, help_text="The last part of the category's URL.")
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        help_text="Leave empty for a top-level category.",
    )
    path = models.CharField(max_length=1000, unique=True, editable=False)
    description = models.TextField(blank=True, help_text="One or two sentences at the top of the category's page.")
    image = models.ForeignKey(
        Image,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="categories",
        help_text="Shown on the home page for top-level categories, and when someone shares the category's page.",
    )
    position = models.PositiveSmallIntegerField(
        "order",
        null=True,
        blank=True,
        help_text="Lower numbers come first. Categories without a number follow; in menus and on the home page, those "
        "with the most posts first.",
    )
    disclaimer = models.ForeignKey(
        Disclaimer,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="categories",
        help_text="Shown on posts with this primary category. Leave empty to use that of the category above, or the "
        "default.",
    )
    subcategories: "list[Category]"  # set by CategoryQuerySet.tree()

    objects = CategoryQuerySet.as_manager()
    # Ends every path, so that the path of one category is never a prefix of a sibling's.
    path_suffix = "/"

    class Meta:
        """Sorted by position."""

        ordering = (F("position").asc(nulls_last=True), "name")
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Check that the URL is free."""
        super().clean()
        self.slug = self.slug.lower()
        if self.slug == "feed":
            raise ValidationError({"slug": "This URL is reserved for the site's feeds. Choose another slug."})
        other = Category.objects.filter(path=self.computed_path).exclude(pk=self.pk).first()
        if other:
            raise ValidationError({"slug": f"“{other.name}” already has this URL. Choose another slug."})

    def save(self, **kwargs: Any) -> None:
        """Save, with a slug."""
        self.name = strip_control_characters(self.name)
        self.description = strip_control_characters(self.description)
        # Lowercase, because databases disagree about whether LIKE is case-sensitive.
        self.slug = (self.slug or slugify(self.name, 200) or "category").lower()
        super().save(**kwargs)

    @property
    def sort_key(self) -> tuple[bool, int]:
        """The order of categories: by number, those without one last."""
        return self.position is None, self.position or 0

    def get_absolute_url(self) -> str:
        """Return the URL of its list of posts."""
        return reverse("blog:category", args=[self.path.strip("/")])


def path_with_ancestors(path: str) -> Iterator[str]:
    """Yield the paths of a category and of those above it: `a/` and `a/b/` for `a/b/`."""
    return accumulate(f"{slug}/" for slug in path.split("/")[:-1])
