"""What the author recommends: products, the links that lead to them, and who pays for those.

`affiliates.disclosure` decides how a link reaches a reader, and what must be said before it.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import slugify

from affiliates import shop_urls
from affiliates.broken_link_emails import BrokenNotice
from affiliates.clicks import ClickCount  # noqa: F401 - the room's models have modules of their own
from affiliates.earnings import Earning  # noqa: F401
from affiliates.programs import Program, covering
from affiliates.references import Use
from affiliates.sponsorship import Sponsorship  # noqa: F401
from images.models import Image
from richtext.embeds import RenderTarget
from richtext.references import ReferenceSource
from siteinfo.singletons import Singleton

# So much earlier than it must, a price goes.
PRICE_MARGIN = timedelta(minutes=30)


class Shelf(models.Model):
    """A group of the shop page."""

    name = models.CharField(max_length=80, unique=True, help_text="The heading above its products.")
    description = models.CharField(max_length=300, blank=True, help_text="A sentence under the heading.")
    position = models.PositiveSmallIntegerField("order", default=0, help_text="Lower numbers come first.")

    class Meta:
        ordering = ("position", "name")
        verbose_name = "group of the shop page"
        verbose_name_plural = "groups of the shop page"

    def __str__(self) -> str:
        return self.name


class ShopPage(Singleton):
    """The words at the top of the shop page."""

    title = models.CharField(max_length=80, default="Shop my favorites", help_text="The heading of the page.")
    lead = models.TextField(
        blank=True, help_text="One or two sentences below the heading: how you choose what stands here."
    )

    class Meta:
        verbose_name = "shop page"

    def __str__(self) -> str:
        return self.title


class ProductQuerySet(models.QuerySet["Product"]):
    """Which products to show."""

    def published(self) -> Self:
        """Those of the shop page that can still be had."""
        return self.filter(Exists(Link.objects.live().filter(product=OuterRef("pk"))), shelf__isnull=False)


class Product(ReferenceSource):
    """A thing that the author recommends, with her own words about it. Its links say where to get it."""

    reference_fields = ("picture",)

    name = models.CharField(max_length=120, help_text="As readers see it on its card.")
    picture = models.ForeignKey(
        Image,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="products",
        help_text="Your own picture. Shops rarely allow theirs to be copied.",
    )
    reason = models.TextField("why I like it", help_text="In two or three sentences, as you would tell a friend.")
    pros = models.TextField("what is good", blank=True, help_text="One point a line.")
    cons = models.TextField("what is not", blank=True, help_text="One point a line. It makes the rest believable.")
    audience = models.CharField(
        "who it is for", max_length=200, blank=True, help_text="Such as “Runners with tight calves”."
    )
    is_gifted = models.BooleanField(
        "was given to me", default=False, help_text="Its card then says that you did not pay for it."
    )
    shelf = models.ForeignKey(
        Shelf,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="products",
        verbose_name="group of the shop page",
        help_text="Leave it empty to keep the product off the shop page. Texts may show it all the same.",
    )
    position = models.PositiveSmallIntegerField(
        "order", default=0, help_text="Within its group, lower numbers come first."
    )

    objects = ProductQuerySet.as_manager()

    class Meta:
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Its place on the shop page."""
        return f"{reverse('affiliates:shop')}#product-{self.pk}"

    @property
    def good_points(self) -> list[str]:
        """What is good about it."""
        return [line.strip() for line in self.pros.splitlines() if line.strip()]

    @property
    def bad_points(self) -> list[str]:
        """What is not."""
        return [line.strip() for line in self.cons.splitlines() if line.strip()]


class Comparison(models.Model):
    """Several products side by side, placed in a text as a table."""

    title = models.CharField(max_length=160, help_text="Above the table, such as “Three rollers compared”.")
    products = models.ManyToManyField(Product, through="Compared", related_name="comparisons")

    class Meta:
        ordering = ("title", "pk")

    def __str__(self) -> str:
        return self.title


class Compared(models.Model):
    """That a product stands in a comparison."""

    comparison = models.ForeignKey(Comparison, on_delete=models.CASCADE, related_name="rows")
    product = models.ForeignKey(
        Product, on_delete=models.CASCADE, related_name="compared", help_text="One of your products that has a link."
    )
    verdict = models.CharField(max_length=160, blank=True, help_text="When you would choose this one, in a few words.")
    position = models.PositiveSmallIntegerField("order", default=0, help_text="Lower numbers come first.")

    class Meta:
        ordering = ("position", "pk")
        verbose_name = "product compared"
        verbose_name_plural = "products compared"
        constraints = [models.UniqueConstraint("comparison", "product", name="affiliates_compared_once")]

    def __str__(self) -> str:
        return f"{self.comparison}: {self.product}"


class LinkQuerySet(models.QuerySet["Link"]):
    """Links with what a text needs of them."""

    def live(self) -> Self:
        """Those that lead somewhere of their own."""
        return self.filter(is_retired=False)

    def unused(self) -> Self:
        """Those in use that stand in no text: by name, by their product's card, or in a comparison."""
        text = models.CharField()
        table = Use.objects.filter(kind="comparison", key=Cast(OuterRef("comparison"), text))
        return self.live().exclude(
            Exists(Use.objects.filter(kind="link", key=OuterRef("slug")))
            | Exists(Use.objects.filter(kind="product", key=Cast(OuterRef("product"), text)))
            | Exists(Compared.objects.filter(Exists(table), product=OuterRef("product")))
        )

    def told(self) -> Self:
        """With program, product and what stands in their place, in the same query."""
        return self.select_related(
            "program", "product__picture", "replacement__program", "replacement__product__picture"
        )

    def wanted(self, slugs: Iterable[str], products: Iterable[int], comparisons: Iterable[int]) -> Self:
        """All that a text needs for its links, cards and comparisons, in one query.

        A link stands there once for each of the comparisons: `compared_in`, `compared_at`, `title`, `verdict`.
        """
        comparisons = list(comparisons)
        found = self.told().filter(
            Q(slug__in=list(slugs))
            | Q(product__in=list(products))
            | (Q(product__compared__comparison__in=comparisons) if comparisons else Q(pk__in=[]))
        )
        if comparisons:
            row = "product__compared__"
            found = found.annotate(
                compared_in=F(f"{row}comparison"),
                compared_at=F(f"{row}position"),
                verdict=F(f"{row}verdict"),
                comparison_title=F(f"{row}comparison__title"),
            )
        return found.order_by("pk")


class Link(models.Model):
    """A link by its name: placed in any text, edited here once, changed everywhere."""

    class Health(models.TextChoices):
        UNCHECKED = "", "Not checked"
        FINE = "fine", "Works"
        UNKNOWN = "unknown", "The shop does not say"
        BROKEN = "broken", "Leads nowhere"

    name = models.CharField(
        max_length=120, help_text="What you search for in the editor; also the words of a link that has none."
    )
    slug = models.SlugField(
        "short name",
        max_length=80,
        unique=True,
        help_text="Texts know the link by it, as /go/foam-roller/, so it stays as it is. Made from the name if empty.",
        blank=True,
    )
    program = models.ForeignKey(
        Program, on_delete=models.PROTECT, related_name="links", blank=True, help_text="Who pays. Seen by the address."
    )
    product = models.ForeignKey(
        Product,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="links",
        help_text="The product that it leads to, if its card should have this link.",
    )
    destination = models.CharField(
        "address",
        max_length=shop_urls.LONGEST,
        help_text="Copy it from the shop, as it is: it is tidied, and your tag is added.",
    )
    price = models.CharField(max_length=40, blank=True, help_text="Shown only as long as the program allows it.")
    price_at = models.DateTimeField("price looked up at", null=True, blank=True, editable=False)
    is_retired = models.BooleanField("retired", default=False, editable=False)
    replacement = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="replaced"
    )
    health = models.CharField(max_length=10, choices=Health, blank=True, default=Health.UNCHECKED, editable=False)
    misses = models.PositiveSmallIntegerField(default=0, editable=False)
    checked_at = models.DateTimeField(null=True, editable=False)
    finding = models.CharField(max_length=200, blank=True, editable=False)
    # The mail that tells the owner that it is broken.
    notice = models.ForeignKey(BrokenNotice, on_delete=models.SET_NULL, null=True, editable=False, related_name="links")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = LinkQuerySet.as_manager()
    # Set by `LinkQuerySet.wanted()`.
    compared_in: int | None = None
    compared_at: int | None = None
    verdict: str | None = None
    comparison_title: str | None = None

    class Meta:
        ordering = ("name", "pk")
        verbose_name = "paid link"
        indexes = [models.Index(fields=("is_retired", "program"), name="affiliates_link_live")]
        constraints = [
            models.CheckConstraint(condition=Q(destination__startswith="https://"), name="affiliates_link_is_https"),
            models.CheckConstraint(
                condition=Q(replacement=None) | Q(is_retired=True), name="affiliates_link_only_retired_is_replaced"
            ),
            models.CheckConstraint(
                condition=Q(replacement=None) | ~Q(replacement=F("pk")), name="affiliates_link_not_by_itself"
            ),
            models.CheckConstraint(
                condition=Q(health__in=("", "fine", "unknown", "broken")), name="affiliates_link_health_is_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Its address on this site, by which texts know it."""
        return reverse("affiliates:go", args=[self.slug])

    def clean(self) -> None:
        """Tidy the address and see by it who pays; ValidationError says what is wrong with either."""
        try:
            host = shop_urls.read(self.destination).netloc
            program = covering(list(Program.objects.all()), host)
            if program is None and shop_urls.is_amazons(host):
                program = Program.objects.amazon()
            if program is None:
                raise ValidationError(
                    f"None of your programs has links to {host}. Choose another address, or add the site to a program."
                )
            self.program = program
            self.destination = shop_urls.canonical(self.destination, program.tag_parameter)
        except ValidationError as error:
            raise ValidationError({"destination": error.messages}) from error

    def _free_slug(self) -> str:
        stem = slugify(self.name)[:70].strip("-") or "link"
        taken = set(Link.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
        return next(name for number in range(1, len(taken) + 2) if (name := _numbered(stem, number)) not in taken)

    def save(self, **kwargs: Any) -> None:
        """Save, with a short name; another price is one looked up now, another address is to be checked."""
        self.slug = self.slug or self._free_slug()
        before = Link.objects.filter(pk=self.pk).values("price", "destination").first() if self.pk else None
        if before is None or before["price"] != self.price:
            self.price_at = timezone.now() if self.price else None
        if before and before["destination"] != self.destination:
            self.health, self.misses, self.checked_at, self.finding = self.Health.UNCHECKED, 0, None, ""
            self.notice = None
        super().save(**kwargs)

    def retire(self, into: "Link | None" = None) -> None:
        """Take it out of use: readers get `into`, which is in use, in its place, and so do those of whatever it stood
        for; without one the words stay without a link."""
        with transaction.atomic():
            self.is_retired, self.replacement = True, into
            self.save()
            for link in self.replaced.all():
                link.replacement = into
                link.save()

    def use_again(self) -> None:
        """Put it back in use after all: readers get it itself."""
        self.is_retired, self.replacement = False, None
        self.save()

    @property
    def current(self) -> "Link | None":
        """The link that readers get for it: itself, what stands in its place, or none."""
        return self.replacement if self.is_retired else self

    @property
    def outside(self) -> str:
        """The shop's address with the program's tag."""
        return shop_urls.tagged(self.destination, self.program.tag_parameter, self.program.tag)

    def address_for(self, target: RenderTarget) -> str:
        """Where it leads from a text at `target`; "" where the program does not want to be linked."""
        if target is RenderTarget.EMAIL and not self.program.allows_mail:
            return ""
        return self.get_absolute_url() if self.program.allows_redirect else self.outside

    @property
    def price_today(self) -> str:
        """The price with the time at which it was looked up, while the program lets it be shown; else nothing."""
        # A page may be kept for the next reader, and stay open for a while.
        last = timezone.now() - timedelta(hours=self.program.price_hours) + PRICE_MARGIN
        if not (self.price and self.price_at) or self.price_at < last:
            return ""
        return f"{self.price} (on {date_format(timezone.localtime(self.price_at), 'F j, H:i T')})"


def _numbered(stem: str, number: int) -> str:
    return f"{stem}-{number}" if number > 1 else stem
