"""What stands in the frame: one ordered tree for each area, two levels deep."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from affiliates.disclosure import is_paid
from blog.models import LARGE_FIELDS, Category, Post
from images.models import Image
from layout import link_targets
from layout.block_types import BESIDE, KINDS, Area, Kind
from pages.models import Page
from publishing.models import Document
from richtext.references import ReferenceSource

MOST = 24
NOWHERE = "A link needs one place to lead to."
_PAGE, _CATEGORY, _POST = Q(page__isnull=False), Q(category__isnull=False), Q(post__isnull=False)
_ADDRESS = ~Q(address="")
_NOWHERE = ~_PAGE & ~_CATEGORY & ~_POST & ~_ADDRESS
_ONE_TARGET = (
    (_PAGE & ~_CATEGORY & ~_POST & ~_ADDRESS)
    | (~_PAGE & _CATEGORY & ~_POST & ~_ADDRESS)
    | (~_PAGE & ~_CATEGORY & _POST & ~_ADDRESS)
    | (~_PAGE & ~_CATEGORY & ~_POST & _ADDRESS)
)


class ItemQuerySet(models.QuerySet["Item"]):
    """Items with what they show."""

    def arranged(self) -> ItemQuerySet:
        """In order, each with its target and picture, in one query."""
        large = [f"page__{name}" for name in ("headings", "body")] + [f"post__{name}" for name in LARGE_FIELDS]
        return self.select_related("page", "category", "post", "image").defer(*large)


class Item(ReferenceSource):
    """A link, a heading with links, or a box. Whoever is not in `KINDS` any more is kept and not shown."""

    reference_fields = ("text", "image")

    area = models.CharField(max_length=20, choices=Area, editable=False)
    parent = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="children", editable=False
    )
    kind = models.CharField(max_length=20, editable=False)
    title = models.CharField(
        max_length=80,
        blank=True,
        help_text="The words of the link, or above the box. If you leave it empty: the name of what it leads to, or "
        "what such a box is usually called.",
    )
    page = models.ForeignKey(Page, on_delete=models.CASCADE, null=True, editable=False)
    category = models.ForeignKey(Category, on_delete=models.CASCADE, null=True, editable=False)
    post = models.ForeignKey(Post, on_delete=models.CASCADE, null=True, editable=False)
    address = models.CharField(max_length=link_targets.LONGEST, blank=True, editable=False)
    image = models.ForeignKey(
        Image,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="layout_items",
        verbose_name="picture",
        help_text="From your library, with the alternative text that it has there.",
    )
    text = models.TextField(blank=True, help_text="A few words, with links and lists if you like.")
    number = models.PositiveSmallIntegerField(
        "how many",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST)],
        help_text=f"From 1 to {MOST}. The usual number if you leave it empty.",
    )
    position = models.PositiveSmallIntegerField(default=0, editable=False)
    is_shown = models.BooleanField(
        "shown", default=True, help_text="Switch off what readers should not see at the moment. It keeps its place."
    )

    objects = ItemQuerySet.as_manager()

    class Meta:
        ordering = ("position", "pk")
        verbose_name = "menu item"
        verbose_name_plural = "menus and areas"
        constraints = [
            # A picture may lead somewhere, a link must.
            models.CheckConstraint(
                condition=_ONE_TARGET | (_NOWHERE & ~Q(kind="link")),
                name="layout_item_leads_to_one_target",
                violation_error_message=NOWHERE,
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def about(self) -> Kind | None:
        """What its kind is like."""
        return KINDS.get(self.kind)

    @property
    def name(self) -> str:
        """As the author finds it: its words, its target's name or its kind's."""
        return self.title or str(self.target or self.address or (self.about.label if self.about else self.kind))

    @property
    def heading(self) -> str:
        """The words above a box; those of its kind if it has none of its own."""
        return self.title or (self.about.title if self.about else "")

    @property
    def count(self) -> int:
        """How many posts or topics it shows."""
        return self.number or (self.about and self.about.number) or 1

    @property
    def is_beside(self) -> bool:
        """Whether it is a box of the sidebar or the footer."""
        return self.area in BESIDE

    @property
    def target(self) -> Page | Category | Post | None:
        """The page, category or post that it leads to."""
        return self.page or self.category or self.post

    @property
    def leads_to(self) -> str:
        """The address that it leads to."""
        return self.target.get_absolute_url() if self.target else self.address

    @property
    def trouble(self) -> str:
        """Why readers cannot follow it, in a sentence; nothing if they can."""
        if isinstance(self.target, Document) and not self.target.is_published:
            places = {"Trash": "lies in the trash", "Scheduled": "is not public yet", "Draft": "is a draft"}
            return f"“{self.target}” {places[self.target.status_label]}."
        if is_paid(self.leads_to):
            return "Paid links need words before them that say so. Put it into a box of text, or on the shop page."
        return ""

    def point_at(self, address: str) -> None:
        """Lead to `address`, or to the page, category or post that lies there, whatever its address will be.

        Raise ValidationError where there is nothing.
        """
        self.page = self.category = self.post = None
        self.address = address
        target = link_targets.at(address) if address else None
        if target:
            self.address = ""
            setattr(self, target._meta.model_name or "", target)

    def clean(self) -> None:
        kind = self.about
        if kind is None:
            raise ValidationError("The site does not know this kind of item.")
        if self.parent_id:
            self._check_heading(kind)
        elif self.area not in kind.areas:
            raise ValidationError(f"“{kind.label}” cannot stand here: {Area(self.area).label}.")
        if kind.is_single and not self.parent_id:
            others = Item.objects.filter(area=self.area, kind=self.kind).exclude(pk=self.pk)
            if others.exists():
                raise ValidationError(f"“{kind.label}” stands here already, and once is enough.")
        self._check_words()

    def _check_heading(self, kind: Kind) -> None:
        heading: Any = self.parent
        if self.kind == "heading" or (self.pk and self.children.exists()):
            raise ValidationError("A heading cannot stand under another one: menus open one level.")
        if heading.kind != "heading" or heading.parent_id or heading.area != self.area:
            raise ValidationError("Only a heading of the same list can have links under it.")
        if not kind.is_line:
            raise ValidationError(f"“{kind.label}” cannot stand under a heading: only links can.")

    def _check_words(self) -> None:
        if self.kind == "link" and not self.leads_to:
            raise ValidationError(NOWHERE)
        if self.kind == "heading" and not self.title:
            raise ValidationError({"title": "Type the words of the heading."})
        if self.kind == "link" and self.address and not self.title:
            raise ValidationError({"title": "Type the words of the link: this address has no name of its own."})
        if self.kind == "text" and not self.text:
            raise ValidationError({"text": "Type some words."})
        if self.kind == "picture" and not self.image:
            raise ValidationError({"image": "Choose a picture."})
