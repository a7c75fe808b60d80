"""Affiliate links."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.functions import Concat
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from affiliates import shop_urls
from affiliates.models.emails import BrokenLinksEmail
from affiliates.models.products import Comparison, ComparisonRow, Product
from affiliates.models.programs import Program, find_program
from plaintext.slugs import slugify
from richtext.embeds import RenderTarget
from richtext.references import Reference
from siteinfo.local_time import format_day

# Prices are hidden this long before they must be, because pages are cached and stay open for a while.
PRICE_MARGIN = timedelta(minutes=30)


class LinkQuerySet(models.QuerySet["Link"]):
    """Select links, and load what a text needs for them."""

    def with_destination(self) -> Self:
        """Return the links with a destination: all but those retired without a replacement."""
        return self.exclude(is_retired=True, replacement=None)

    def active(self) -> Self:
        """Return the links that are not retired."""
        return self.filter(is_retired=False)

    def broken(self) -> Self:
        """Return the active links whose page is gone."""
        return self.active().filter(health=Link.Health.BROKEN)

    def unused(self) -> Self:
        """Return the active links that no text uses by slug, in a product card or in a comparison."""
        content = Reference.objects.from_content()
        comparisons = content.to_model(Comparison).filter(target_id=OuterRef("comparison"))
        path = Concat(Value(shop_urls.GO_PREFIX), OuterRef("slug"))
        return self.active().exclude(
            Exists(content.filter(path=path))
            | Exists(content.to_model(Product).filter(target_id=OuterRef("product")))
            | Exists(ComparisonRow.objects.filter(Exists(comparisons), product=OuterRef("product")))
        )

    def with_details(self) -> Self:
        """Load the program, product and replacement of each link in the same query."""
        return self.select_related("program", "product__image", "replacement__program", "replacement__product__image")

    def for_texts(self, slugs: Iterable[str], products: Iterable[int], comparisons: Iterable[int]) -> Self:
        """Return all links that a text needs for its links, product cards and comparisons, in one query.

        A link is returned once for each comparison, annotated with `comparison_id`, `comparison_position`,
        `comparison_title` and `verdict`.
        """
        comparisons = list(comparisons)
        links = self.with_details().filter(
            Q(slug__in=list(slugs))
            | Q(product__in=list(products))
            | (Q(product__comparison_rows__comparison__in=comparisons) if comparisons else Q(pk__in=[]))
        )
        if comparisons:
            row = "product__comparison_rows__"
            links = links.annotate(
                comparison_id=F(f"{row}comparison"),
                comparison_position=F(f"{row}position"),
                verdict=F(f"{row}verdict"),
                comparison_title=F(f"{row}comparison__title"),
            )
        return links.order_by("pk")


class Link(models.Model):
    """An affiliate link. Texts refer to it by its slug, so it is edited in one place."""

    class Health(models.TextChoices):
        """The result of the link check."""

        UNCHECKED = "", "Not checked"
        OK = "ok", "Works"
        UNKNOWN = "unknown", "Could not be checked"
        BROKEN = "broken", "Broken"

    name = models.CharField(
        max_length=120, help_text="Used to find the link in the editor, and as its text if it has none."
    )
    slug = models.SlugField(
        "slug",
        max_length=80,
        unique=True,
        help_text="Used in posts as /go/foam-roller/, and cannot be changed. Leave empty to create it from the name.",
        blank=True,
    )
    program = models.ForeignKey(
        Program,
        on_delete=models.PROTECT,
        related_name="links",
        blank=True,
        help_text="Filled in automatically from the link’s domain.",
    )
    product = models.ForeignKey(
        Product,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="links",
        help_text="The product whose card shows this link.",
    )
    destination = models.CharField(
        "URL",
        max_length=shop_urls.MAX_URL_LENGTH,
        help_text="Paste the URL from the shop. Tracking parameters are removed, and your tag is added.",
    )
    price = models.CharField(max_length=40, blank=True, help_text="Shown only for as long as the program allows.")
    price_at = models.DateTimeField("price checked at", null=True, blank=True, editable=False)
    is_retired = models.BooleanField("retired", default=False, editable=False)
    replacement = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="replaced"
    )
    health = models.CharField(max_length=10, choices=Health, blank=True, default=Health.UNCHECKED, editable=False)
    failed_checks = models.PositiveSmallIntegerField(default=0, editable=False)
    checked_at = models.DateTimeField(null=True, editable=False)
    check_result = models.CharField(max_length=200, blank=True, editable=False)
    # The email that reported the link as broken.
    report = models.ForeignKey(
        BrokenLinksEmail, on_delete=models.SET_NULL, null=True, editable=False, related_name="links"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = LinkQuerySet.as_manager()
    # Annotations of `LinkQuerySet.for_texts()`.
    comparison_id: int | None = None
    comparison_position: int | None = None
    verdict: str | None = None
    comparison_title: str | None = None

    class Meta:
        """Sorted by name, with the rules of retired links."""

        ordering = ("name", "pk")
        verbose_name = "affiliate link"
        indexes = [models.Index(fields=("is_retired", "program"), name="affiliates_link_active")]
        constraints = [
            models.CheckConstraint(condition=Q(destination__startswith="https://"), name="affiliates_link_is_https"),
            models.CheckConstraint(
                condition=Q(replacement=None) | Q(is_retired=True), name="affiliates_link_only_retired_has_replacement"
            ),
            models.CheckConstraint(
                condition=Q(replacement=None) | ~Q(replacement=F("pk")), name="affiliates_link_does_not_replace_itself"
            ),
            models.CheckConstraint(
                condition=Q(health__in=("", "ok", "unknown", "broken")), name="affiliates_link_health_valid"
            ),
        ]

    def __str__(self) -> str:
        """Return the name."""
        return self.name

    def get_absolute_url(self) -> str:
        """Return the /go/ URL by which texts refer to the link."""
        return reverse("affiliates:go", args=[self.slug])

    def clean(self) -> None:
        """Normalize the URL and set the program by its domain. Raises ValidationError if either fails."""
        try:
            host = shop_urls.parse_shop_url(self.destination).netloc
            program = find_program(list(Program.objects.all()), host)
            if program is None and shop_urls.is_amazon(host):
                program = Program.objects.amazon()
            if program is None:
                raise ValidationError(
                    f"None of your programs covers {host}. Enter another URL, or add the domain to a program."
                )
            self.program = program
            self.destination = shop_urls.canonical(self.destination, program.tag_parameter)
        except ValidationError as error:
            raise ValidationError({"destination": error.messages}) from error

    def _unused_slug(self) -> str:
        stem = slugify(self.name, 70, ascii_only=True) or "link"
        taken = set(Link.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
        return next(name for number in range(1, len(taken) + 2) if (name := _numbered(stem, number)) not in taken)

    def save(self, **kwargs: Any) -> None:
        """Save with a slug. A new price gets the current time, and a new URL will be checked again."""
        self.slug = self.slug or self._unused_slug()
        before = Link.objects.filter(pk=self.pk).values("price", "destination").first() if self.pk else None
        if before is None or before["price"] != self.price:
            self.price_at = timezone.now() if self.price else None
        if before and before["destination"] != self.destination:
            self.health, self.failed_checks, self.checked_at, self.check_result = self.Health.UNCHECKED, 0, None, ""
            self.report = None
        super().save(**kwargs)

    def retire(self, replacement: "Link | None" = None) -> None:
        """Retire the link in favor of `replacement`, which also replaces the links this one replaced.

        Without a replacement, the link text remains as plain text.
        """
        with transaction.atomic():
            self.is_retired, self.replacement = True, replacement
            self.save()
            for link in self.replaced.all():
                link.replacement = replacement
                link.save()

    def restore(self) -> None:
        """Make a retired link active again."""
        self.is_retired, self.replacement = False, None
        self.save()

    @property
    def current(self) -> "Link | None":
        """Return the link itself, or its replacement (or None) if it is retired."""
        return self.replacement if self.is_retired else self

    @property
    def shop_url(self) -> str:
        """Return the shop's URL with the program's tag."""
        return shop_urls.add_tag(self.destination, self.program.tag_parameter, self.program.tag)

    def url_for(self, target: RenderTarget) -> str:
        """Return the URL of the link in a text rendered for `target`, or "" where the program forbids links."""
        if target is RenderTarget.EMAIL and not self.program.allows_email:
            return ""
        return self.get_absolute_url() if self.program.allows_redirect else self.shop_url

    @property
    def current_price(self) -> str:
        """Return the price and the time it was checked, or "" once the program no longer allows showing it."""
        oldest = timezone.now() - timedelta(hours=self.program.price_hours) + PRICE_MARGIN
        if not (self.price and self.price_at) or self.price_at < oldest:
            return ""
        time = date_format(timezone.localtime(self.price_at), "g:i A T")
        return f"{self.price} (on {format_day(self.price_at)}, {time})"


def _numbered(stem: str, number: int) -> str:
    return f"{stem}-{number}" if number > 1 else stem
