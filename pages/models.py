"""Standing pages such as About or a policy, and the services that one of them lists."""

from __future__ import annotations

import re
from datetime import date
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone

from blog.internal_links import broken_reasons
from images.models import Image
from pagecache.invalidation import CacheScope, Scope, invalidate_only
from plaintext.slugs import UnicodeSlugField
from publishing.document_paths import validate_path_is_free
from publishing.models import Document, DocumentQuerySet
from publishing.path_tree import PathNode
from richtext.links import site_path
from richtext.references import ReferenceSource

MAX_PATH_LENGTH = 500
# Other schemes, such as javascript:, could run code.
_LINK = re.compile(r"(/(?!/)|https?://|mailto:|tel:)\S+\Z|/\Z")


class PageQuerySet(DocumentQuerySet["Page"]):
    """Pages for menus and lists."""

    def in_order(self) -> Self:
        """Order the pages as in menus."""
        return self.order_by("position", "title")

    def without_text(self) -> Self:
        """Leave out the large columns, for menus and lists."""
        return self.defer("headings", "body")


class Page(PathNode, Document):
    """A page that is not a post, optionally below another page."""

    reference_fields = ("body", "featured_image")

    class Role(models.TextChoices):
        """The role of a page. The site links to pages by their role."""

        ABOUT = "about", "About me"
        SERVICES = "services", "Services"
        CONTACT = "contact", "Contact"
        PRIVACY = "privacy", "Privacy policy"
        HEALTH_DATA = "health_data", "Consumer health data"
        DISCLAIMERS = "disclaimers", "Disclaimers"
        TERMS = "terms", "Terms of use"
        EDITORIAL = "editorial", "Editorial policy"

    POLICIES = (Role.PRIVACY, Role.HEALTH_DATA, Role.DISCLAIMERS, Role.TERMS, Role.EDITORIAL)
    # Roles whose page another app's view shows, with the name of that view's URL.
    ROLE_URL_NAMES = {Role.CONTACT: "contact:contact"}

    path_field = "path"
    expects_review = False
    checks = frozenset(
        {
            "alt_text",
            "empty_links",
            "broken_links",
            "heading_order",
            "title_length",
            "description_length",
            "placeholders",
        }
    )
    snapshot_fields = (*Document.snapshot_fields, "featured_image")

    slug = UnicodeSlugField(
        max_length=200,
        blank=True,
        help_text="The last part of the page's URL. Leave empty to create it from the title.",
    )
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name="parent page",
        help_text="The page above this one. Its URL comes first, as in /about/services/.",
    )
    path = models.CharField(max_length=MAX_PATH_LENGTH, unique=True, editable=False)
    role = models.CharField(
        max_length=20,
        choices=Role,
        unique=True,
        null=True,
        blank=True,
        help_text="The site links to pages by their role, such as the privacy policy in forms. Each role has one page. "
        "The text of the “Contact” page appears above the contact form, and that of “Consumer health data” above a "
        "list of what the site stores.",
        error_messages={"unique": "Another page already has this role. It may be a draft or in the trash."},
    )
    featured_image = models.ForeignKey(
        Image,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="featured_on_pages",
        help_text="Shown at the top of the page and when someone shares it.",
    )
    show_in_menu = models.BooleanField(
        "show in menus", default=False, help_text="Adds the page to the About menu and to the footer."
    )
    position = models.PositiveSmallIntegerField(
        "order", blank=True, help_text="Lower numbers come first. Leave empty to put the page last."
    )
    headings = models.JSONField(default=list, editable=False)
    body = models.TextField("text", blank=True)

    objects = PageQuerySet.as_manager()

    class Meta(Document.Meta):
        pass

    @property
    def is_policy(self) -> bool:
        """Whether the page is a policy, which every footer links to."""
        return self.role in self.POLICIES

    @property
    def effective_on(self) -> date | None:
        """The day of the last update that the author announced, or of publication."""
        return self.updated_on or (timezone.localdate(self.published_at) if self.published_at else None)

    def clean(self) -> None:
        """Check the paths of this page and of the pages that move with it."""
        super().clean()
        self._normalize_place()
        for page, path in self.subtree_paths():
            if page is self or path != page.path:
                page.validate_path(path)

    def validate_path(self, path: str) -> None:
        """Raise ValidationError if `path` is taken; the role's own view does not count."""
        if path != self._role_path:
            validate_path_is_free(path, self)

    def public_ancestors(self) -> list[Page]:
        """Return the published pages above this one, from the top down."""
        ancestors: list[Page] = []
        page = self.parent
        while page is not None:
            if page.is_published:
                ancestors.insert(0, page)
            page = page.parent
        return ancestors

    @property
    def _role_path(self) -> str | None:
        url_name = self.ROLE_URL_NAMES.get(self.role)  # type: ignore[call-overload]
        return reverse(url_name).strip("/") if url_name else None

    def _normalize_place(self) -> None:
        """Lowercase the slug, since databases disagree on case, and move the page to its role's view if it has one."""
        self.slug = self.slug.lower()
        if path := self._role_path:
            self.slug, self.parent = path, None

    def save(self, **kwargs: Any) -> None:
        """Save the page and move the pages below it, in one transaction."""
        self.slug = self.slug or self.slug_from_title()
        self._normalize_place()
        if self.position is None:
            self.position = 1 + (Page.objects.aggregate(highest=Max("position"))["highest"] or 0)
        if self.saves_text(kwargs.get("update_fields")):
            self.update_derived_fields()
        with transaction.atomic(), invalidate_only(self.cache_scope()):
            super().save(**kwargs)

    def cache_scope(self) -> Scope:
        """Return ALL for a page that moves, since the pages below it move too."""
        return super().cache_scope() if self.path == self.computed_path else CacheScope.ALL


def validate_link(link: str) -> None:
    """Raise ValidationError unless `link` is a path on this site, a web URL, or a mailto: or tel: link."""
    if not _LINK.match(link):
        raise ValidationError("Enter a path on this site, such as /contact/, or a URL starting with https://.")


class Service(ReferenceSource):
    """A service that the author offers, listed on the page with the role “Services”."""

    reference_fields = ("image",)

    name = models.CharField(max_length=120, help_text="For example “First session”.")
    description = models.TextField(help_text="What happens and what clients take away, in one or two sentences.")
    audience = models.CharField(
        "who it is for", max_length=160, blank=True, help_text="For example “Runners of any level”."
    )
    format = models.CharField(max_length=120, blank=True, help_text="For example “By video” or “At the clinic”.")
    duration = models.CharField(max_length=40, blank=True, help_text="For example “50 min”.")
    price = models.CharField(
        max_length=60, blank=True, help_text="As visitors should see it. Leave empty to show “Ask”."
    )
    image = models.ForeignKey(
        Image,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="services",
        help_text="Shown in small print next to the description.",
    )
    button_text = models.CharField(
        max_length=40, blank=True, help_text="For example “Ask about a session”. Leave empty for no button."
    )
    button_link = models.CharField(
        max_length=300,
        blank=True,
        validators=[validate_link],
        help_text="A path such as /contact/, or a URL starting with https:// or mailto:.",
    )
    position = models.PositiveSmallIntegerField("order", default=0, help_text="Lower numbers come first.")
    is_shown = models.BooleanField(
        "visible", default=True, help_text="Uncheck to hide a service you do not currently offer."
    )

    class Meta:
        ordering = ("position", "pk")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Check that the button is complete and its link works."""
        if bool(self.button_text) != bool(self.button_link):
            missing = "button_link" if self.button_text else "button_text"
            raise ValidationError({missing: "A button needs both a text and a link."})
        path = site_path(self.button_link)
        for reason in broken_reasons([] if path is None else [path]).values():
            raise ValidationError({"button_link": f"This link does not work. {reason}"})

    @property
    def price_text(self) -> str:
        """The price as the author wrote it, or an invitation to ask."""
        return self.price or "Ask"
