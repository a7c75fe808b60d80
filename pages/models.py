"""Standing pages, such as About or a policy, and the services that one of them lists."""

from __future__ import annotations

import re
from datetime import date
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone

from blog import checklist
from blog.internal_links import broken_reasons, site_paths
from images.models import Image
from pagecache.invalidation import CacheScope, Scope, invalidate_only
from publishing.document_paths import validate_path_is_free
from publishing.models import Document, DocumentQuerySet, PublishError, Snapshot
from publishing.path_tree import PathNode
from richtext.analysis import Analysis
from richtext.references import ReferenceSource

LONGEST_PATH = 500
# Schemes and beginnings that a button may lead to; anything else could be a program.
_LINK = re.compile(r"(/(?!/)|https?://|mailto:|tel:)\S+\Z|/\Z")


class PageQuerySet(DocumentQuerySet["Page"]):
    """Which pages to show, on top of the rules of every document."""

    def in_order(self) -> Self:
        """As menus show them."""
        return self.order_by("position", "title")

    def without_text(self) -> Self:
        """For menus and lists."""
        return self.defer("headings", "body")


class Page(PathNode, Document):
    """A page of the site that is not a post, possibly below another one."""

    reference_fields = ("body", "featured_image")

    class Role(models.TextChoices):
        """What the site itself looks a page up by."""

        ABOUT = "about", "About me"
        SERVICES = "services", "Services"
        CONTACT = "contact", "Contact"
        PRIVACY = "privacy", "Privacy policy"
        DISCLAIMERS = "disclaimers", "Disclaimers"
        TERMS = "terms", "Terms of use"
        EDITORIAL = "editorial", "Editorial policy"

    POLICIES = (Role.PRIVACY, Role.DISCLAIMERS, Role.TERMS, Role.EDITORIAL)
    # What another room shows together with its own things, and the name of the address where it does.
    SHOWN_BY_ROOMS = {Role.CONTACT: "contact:contact"}

    path_field = "path"
    checks = frozenset(
        {
            "alt_text",
            "empty_links",
            "dead_links",
            "heading_order",
            "title_length",
            "description_length",
            "marked_places",
        }
    )
    snapshot_fields = (*Document.snapshot_fields, "featured_image")

    slug = models.SlugField(
        "address",
        max_length=200,
        blank=True,
        allow_unicode=True,
        help_text="The last part of the page's address. Made from the title if you leave it empty.",
    )
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name="below",
        help_text="The page above this one: its address comes first, as in /about/services/.",
    )
    path = models.CharField(max_length=LONGEST_PATH, unique=True, editable=False)
    role = models.CharField(
        max_length=20,
        choices=Role,
        unique=True,
        null=True,
        blank=True,
        help_text="What this page is to the site, which links to it wherever it is needed. One page for each. "
        "The words of “Contact” stand above the contact form, at its address.",
        error_messages={"unique": "Another page has this part already. It may be a draft, or lie in the trash."},
    )
    featured_image = models.ForeignKey(
        Image,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="featured_on_pages",
        verbose_name="picture",
        help_text="At the top of the page, and when somebody shares it.",
    )
    show_in_menu = models.BooleanField(
        "show in the menu", default=False, help_text="Under About at the top of the site, and at its foot."
    )
    position = models.PositiveSmallIntegerField(
        "order", blank=True, help_text="Lower numbers come first. If you leave it empty, the page comes last."
    )
    pictures = models.ManyToManyField(Image, related_name="pages", editable=False)
    headings = models.JSONField(default=list, editable=False)
    body = models.TextField("text", blank=True)

    objects = PageQuerySet.as_manager()

    class Meta(Document.Meta):
        pass

    @property
    def is_policy(self) -> bool:
        """Whether it is one of the texts that readers rely on, linked from the foot of every page."""
        return self.role in self.POLICIES

    @property
    def changed_on(self) -> date | None:
        """The day since which readers have had these words, as its author says."""
        return self.updated_on or (timezone.localdate(self.published_at) if self.published_at else None)

    def clean(self) -> None:
        super().clean()
        self._settle()
        for page, path in self.subtree_paths():
            if page is self or path != page.path:
                page.validate_place(path)

    def validate_place(self, place: str) -> None:
        """Raise ValidationError unless it may lie at `place`: nothing else does, or the room that shows it."""
        if place != self._place_of_room:
            validate_path_is_free(place, self)

    @property
    def _place_of_room(self) -> str | None:
        name = self.SHOWN_BY_ROOMS.get(self.role)  # type: ignore[call-overload]
        return reverse(name).strip("/") if name else None

    def _settle(self) -> None:
        """Small letters, since databases disagree whether About and about are one; a room's address if one shows it."""
        self.slug = self.slug.lower()
        if place := self._place_of_room:
            self.slug, self.parent = place, None

    def update_derived_fields(self) -> Analysis:
        analysis = super().update_derived_fields()
        self._used = {number for kind, number in analysis.embeds if kind == "image"}
        return analysis

    def save(self, **kwargs: Any) -> None:
        """Save the page and what its text uses, together or not at all."""
        self.slug = self.slug or self.slug_from_title() or "page"
        self._settle()
        if self.position is None:
            self.position = 1 + (Page.objects.aggregate(highest=Max("position"))["highest"] or 0)
        self.update_derived_fields()
        with transaction.atomic(), invalidate_only(self.cache_scope()):
            super().save(**kwargs)
            self.pictures.set(Image.objects.filter(pk__in=self._used))

    def cache_scope(self) -> Scope:
        """As for every document, but a new path also changes the pages below this one."""
        return super().cache_scope() if self.path == self.computed_path else CacheScope.ALL

    def publish_errors(self, data: Snapshot) -> list[PublishError]:
        return checklist.publish_errors(self, data)


def validate_link(link: str) -> None:
    """Raise ValidationError unless `link` is a path of this site or an address for the web, e-mail or telephone."""
    if not _LINK.match(link):
        raise ValidationError("Type a path of this site such as /contact/, or a whole address with https:// in front.")


class Service(ReferenceSource):
    """Something that the author offers, listed on the page with the part “Services”."""

    reference_fields = ("image",)

    name = models.CharField("what", max_length=120, help_text="Such as “First session”.")
    description = models.TextField(help_text="What happens and what somebody leaves with, in one or two sentences.")
    audience = models.CharField("for whom", max_length=160, blank=True, help_text="Such as “Runners of any level”.")
    format = models.CharField("how", max_length=120, blank=True, help_text="Such as “By video” or “At the clinic”.")
    length = models.CharField(max_length=40, blank=True, help_text="Such as “50 min”.")
    price = models.CharField(max_length=60, blank=True, help_text="As readers should see it. “Ask” if it is empty.")
    image = models.ForeignKey(
        Image,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="services",
        verbose_name="picture",
        help_text="Small, beside the words.",
    )
    button_text = models.CharField(
        "button", max_length=40, blank=True, help_text="Such as “Ask about a session”. No button if it is empty."
    )
    button_link = models.CharField(
        "where the button leads",
        max_length=300,
        blank=True,
        validators=[validate_link],
        help_text="A path such as /contact/, or an address with https:// or mailto: in front.",
    )
    position = models.PositiveSmallIntegerField("order", default=0, help_text="Lower numbers come first.")
    is_shown = models.BooleanField("shown", default=True, help_text="Switch off what you do not offer at the moment.")

    class Meta:
        ordering = ("position", "pk")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if bool(self.button_text) != bool(self.button_link):
            missing = "button_link" if self.button_text else "button_text"
            raise ValidationError({missing: "A button needs both its words and where it leads."})
        for reason in broken_reasons(site_paths([self.button_link])).values():
            raise ValidationError({"button_link": f"Readers would find nothing there. {reason}"})

    @property
    def price_in_words(self) -> str:
        """The price as the author wrote it, or an invitation to ask."""
        return self.price or "Ask"
