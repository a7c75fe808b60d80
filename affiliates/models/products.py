"""Products the author recommends, their comparisons, and the shop page."""

from typing import Self

from django.db import models
from django.urls import reverse

from images.models import Image
from richtext.references import ReferenceSource
from siteinfo.singletons import Singleton


class ShopSection(models.Model):
    """A section of the shop page."""

    name = models.CharField(max_length=80, unique=True, help_text="Heading above the products.")
    description = models.CharField(max_length=300, blank=True, help_text="One sentence below the heading.")
    position = models.PositiveSmallIntegerField("order", default=0, help_text="Lower numbers come first.")

    class Meta:
        """Sorted in the order of the shop page."""

        ordering = ("position", "name")
        verbose_name = "shop section"

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class ShopPage(Singleton):
    """The heading and introduction of the shop page."""

    title = models.CharField(max_length=80, default="Shop my favorites", help_text="Heading of the page.")
    introduction = models.TextField(blank=True, help_text="One or two sentences about how you choose your favorites.")

    class Meta:
        """The name in the admin."""

        verbose_name = "shop page"

    def __str__(self) -> str:
        """Return the title."""
        return self.title


class ProductQuerySet(models.QuerySet["Product"]):
    """Select products for the shop page."""

    def published(self) -> Self:
        """Return the products of the shop page that have an active link."""
        return self.filter(links__is_retired=False, section__isnull=False).distinct()


class Product(ReferenceSource):
    """A product the author recommends. Its links say where to buy it."""

    reference_fields = ("image",)

    name = models.CharField(max_length=120, help_text="Shown on the product card.")
    image = models.ForeignKey(
        Image,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="products",
        help_text="Use your own image. Shops rarely allow theirs to be copied.",
    )
    reason = models.TextField("why I like it", help_text="Two or three sentences, as you would tell a friend.")
    pros = models.TextField("pros", blank=True, help_text="One point per line.")
    cons = models.TextField("cons", blank=True, help_text="One point per line. Honest cons make the pros credible.")
    audience = models.CharField(
        "who it is for", max_length=200, blank=True, help_text="For example “Runners with tight calves”."
    )
    is_gifted = models.BooleanField(
        "gift", default=False, help_text="Check this if you received the product for free. The card says so."
    )
    section = models.ForeignKey(
        ShopSection,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="products",
        verbose_name="shop section",
        help_text="Leave empty to hide the product from the shop page. Posts can still show it.",
    )
    position = models.PositiveSmallIntegerField(
        "order", default=0, help_text="Lower numbers come first within the section."
    )

    objects = ProductQuerySet.as_manager()

    class Meta:
        """Sorted by name."""

        ordering = ("name", "pk")

    def __str__(self) -> str:
        """Return the name."""
        return self.name

    def get_absolute_url(self) -> str:
        """Return the URL of its card on the shop page."""
        return f"{reverse('affiliates:shop')}#product-{self.pk}"

    @property
    def pro_list(self) -> list[str]:
        """Return the pros, one per line of the field."""
        return [line.strip() for line in self.pros.splitlines() if line.strip()]

    @property
    def con_list(self) -> list[str]:
        """Return the cons, one per line of the field."""
        return [line.strip() for line in self.cons.splitlines() if line.strip()]


class Comparison(models.Model):
    """A table that compares products, placed in a text."""

    title = models.CharField(max_length=160, help_text="Shown above the table, such as “Three rollers compared”.")
    products = models.ManyToManyField(Product, through="ComparisonRow", related_name="comparisons")

    class Meta:
        """Sorted by title."""

        ordering = ("title", "pk")

    def __str__(self) -> str:
        """Return the title."""
        return self.title


class ComparisonRow(models.Model):
    """A product in a comparison."""

    comparison = models.ForeignKey(Comparison, on_delete=models.CASCADE, related_name="rows")
    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="comparison_rows", help_text="A product with at least one link."
    )
    verdict = models.CharField(
        max_length=160, blank=True, help_text="When you would choose this product, in a few words."
    )
    position = models.PositiveSmallIntegerField("order", default=0, help_text="Lower numbers come first.")

    class Meta:
        """Sorted by position, with each product once."""

        ordering = ("position", "pk")
        verbose_name = "compared product"
        constraints = [models.UniqueConstraint("comparison", "product", name="affiliates_comparisonrow_once")]

    def __str__(self) -> str:
        """Return the comparison and the product."""
        return f"{self.comparison}: {self.product}"
