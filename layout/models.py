"""The blocks of every area: one ordered tree per area, at most two levels deep."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from affiliates.rendering import is_affiliate_link
from blog.models import LARGE_FIELDS, Category, Post
from images.models import Image
from layout.block_types import BLOCK_TYPES, Area, BlockType
from layout.link_targets import MAX_URL_LENGTH, find_target
from pages.models import Page
from publishing.models import Document
from richtext.references import ReferenceSource

MAX_ITEMS = 24
LINK_REQUIRED = "Choose what this link points to."
_LARGE_FIELDS = ("page__headings", "page__body", *(f"post__{name}" for name in LARGE_FIELDS))
_HAS_TARGET = {
    "page": Q(page__isnull=False),
    "category": Q(category__isnull=False),
    "post": Q(post__isnull=False),
    "url": ~Q(url=""),
}


def _only(*names: str) -> Q:
    """Return the condition that exactly the targets called `names` are set."""
    condition = Q()
    for name, is_set in _HAS_TARGET.items():
        condition &= is_set if name in names else ~is_set
    return condition


class BlockQuerySet(models.QuerySet["Block"]):
    """Blocks with the rows they show."""

    def with_targets(self) -> BlockQuerySet:
        """Fetch link targets and images too, without the texts of posts and pages."""
        return self.select_related("page", "category", "post", "image").defer(*_LARGE_FIELDS)


class Block(ReferenceSource):
    """A link, a heading with links below it, or a widget. Blocks of an unknown type are kept but not shown."""

    reference_fields = ("text", "image")

    area = models.CharField(max_length=20, choices=Area, editable=False)
    parent = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="children", editable=False
    )
    block_type = models.CharField(max_length=20, editable=False)
    title = models.CharField(
        max_length=80,
        blank=True,
        help_text="The text of the link, or the heading above the block. Leave empty to use the target's title or the "
        "default heading.",
    )
    page = models.ForeignKey(Page, on_delete=models.CASCADE, null=True, editable=False)
    category = models.ForeignKey(Category, on_delete=models.CASCADE, null=True, editable=False)
    post = models.ForeignKey(Post, on_delete=models.CASCADE, null=True, editable=False)
    url = models.CharField(max_length=MAX_URL_LENGTH, blank=True, editable=False)
    image = models.ForeignKey(
        Image,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="blocks",
        help_text="From your library, with the alt text it has there.",
    )
    text = models.TextField(blank=True, help_text="A few sentences, with links and lists if you like.")
    max_items = models.PositiveSmallIntegerField(
        "number of items",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_ITEMS)],
        help_text=f"From 1 to {MAX_ITEMS}. Leave empty for the default.",
    )
    position = models.PositiveSmallIntegerField(default=0, editable=False)
    is_shown = models.BooleanField(
        "visible", default=True, help_text="Uncheck to hide this from visitors for now. It keeps its place."
    )

    objects = BlockQuerySet.as_manager()

    class Meta:
        ordering = ("position", "pk")
        verbose_name_plural = "menus and widgets"
        constraints = [
            # A link must point somewhere; an image may.
            models.CheckConstraint(
                condition=_only("page") | _only("category") | _only("post") | _only("url")
                | (_only() & ~Q(block_type="link")),
                name="layout_block_has_one_target",
                violation_error_message=LINK_REQUIRED,
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name

    @property
    def type(self) -> BlockType | None:
        """The block's type, or None if it no longer exists."""
        return BLOCK_TYPES.get(self.block_type)

    @property
    def name(self) -> str:
        """The name that the author sees: the title, the target's title or the label of the type."""
        return self.title or str(self.target or self.url or (self.type.label if self.type else self.block_type))

    @property
    def heading(self) -> str:
        """The heading above a widget: its title or the default of its type."""
        return self.title or (self.type.default_title if self.type else "")

    @property
    def item_count(self) -> int:
        """The number of posts or categories to show."""
        return self.max_items or (self.type.default_max_items if self.type else 1)

    @property
    def target(self) -> Page | Category | Post | None:
        """The page, category or post that the block links to."""
        return self.page or self.category or self.post

    @property
    def href(self) -> str:
        """The URL that the block links to."""
        return self.target.get_absolute_url() if self.target else self.url

    @property
    def link_error(self) -> str:
        """The reason visitors cannot follow the link, as a sentence; empty if they can."""
        if isinstance(self.target, Document) and not self.target.is_published:
            states = {"Trash": "is in the trash", "Scheduled": "is not published yet", "Draft": "is a draft"}
            return f"“{self.target}” {states[self.target.status_label]}."
        if is_affiliate_link(self.href):
            return "Affiliate links need a disclosure. Put this link in a text block or on the shop page."
        return ""

    def set_link(self, url: str) -> None:
        """Link to `url`; if a page, category or post is published there, follow it when its URL changes.

        Raises ValidationError for an invalid URL or one on this site that does not exist.
        """
        target = find_target(url) if url else None
        self.page = target if isinstance(target, Page) else None
        self.category = target if isinstance(target, Category) else None
        self.post = target if isinstance(target, Post) else None
        self.url = "" if target else url

    def clean(self) -> None:
        """Check that the block is complete and allowed where it is."""
        block_type = self.type
        if block_type is None:
            raise ValidationError("This type of block is no longer available.")
        if self.parent:
            self._validate_nesting(block_type, self.parent)
        else:
            self._validate_area(block_type)
        self._validate_content()

    def _validate_area(self, block_type: BlockType) -> None:
        if self.area not in block_type.areas:
            raise ValidationError(f"“{block_type.label}” cannot be added to this area: {Area(self.area).label}.")
        if not block_type.is_unique:
            return
        if Block.objects.filter(area=self.area, block_type=self.block_type).exclude(pk=self.pk).exists():
            raise ValidationError(f"This area already has “{block_type.label}”.")

    def _validate_nesting(self, block_type: BlockType, heading: Block) -> None:
        if self.block_type == "heading" or (self.pk and self.children.exists()):
            raise ValidationError("A heading cannot be placed under another heading.")
        if heading.block_type != "heading" or heading.parent_id or heading.area != self.area:
            raise ValidationError("Links can only be placed under a heading in the same area.")
        if not block_type.is_link:
            raise ValidationError(f"“{block_type.label}” cannot be placed under a heading; only links can.")

    def _validate_content(self) -> None:
        if self.block_type == "link" and not self.href:
            raise ValidationError(LINK_REQUIRED)
        if self.block_type == "link" and self.url and not self.title:
            raise ValidationError({"title": "Enter the text of the link. This URL has no title to use instead."})
        if self.block_type == "heading" and not self.title:
            raise ValidationError({"title": "Enter the text of the heading."})
        if self.block_type == "text" and not self.text:
            raise ValidationError({"text": "Enter some text."})
        if self.block_type == "image" and not self.image:
            raise ValidationError({"image": "Choose an image."})
