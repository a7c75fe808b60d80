"""Text that is not a post: snippets, written once and shown in many posts, and templates to start from."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.html import format_html

from images.models import Image
from publishing.document_paths import document_models
from publishing.models import Document
from richtext import embeds
from richtext.analysis import analyze
from richtext.embeds import Embed, RenderTarget
from richtext.references import ReferenceSource
from richtext.rendering import render_all
from richtext.sanitizer import parse, sanitize, serialize


class Passage(ReferenceSource):
    """A named text in prose's strict subset. Keeps the pictures it uses from being deleted."""

    reference_fields = ("body",)

    name = models.CharField(max_length=120, unique=True, help_text="To find it on the desk. Readers do not see it.")
    pictures = models.ManyToManyField(Image, related_name="in_%(class)ss", editable=False)
    body = models.TextField("text", help_text="Written as a post is, with headings, lists, boxes and pictures.")

    class Meta:
        abstract = True
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    def save(self, **kwargs: Any) -> None:
        """Save the cleaned text and what it uses."""
        self.body = sanitize(self.body)
        super().save(**kwargs)
        self.pictures.set(Image.objects.filter(pk__in=_used(self.body, "image")))


class Snippet(Passage):
    """A passage that posts show by reference: changing it changes them all, feeds included."""

    def clean(self) -> None:
        if _used(sanitize(self.body), "snippet"):
            raise ValidationError({"body": "A snippet cannot hold another snippet. Put both into the post instead."})

    def used_in(self) -> list[models.Model]:
        """Everything whose text shows it, private changes to posts included. One query for each kind of text."""
        return [row for model, names in _holders() for row in self._in(model, names)]

    def _in(self, model: Any, names: tuple[str, ...]) -> list[models.Model]:
        here = models.Q()
        for name in names:
            here |= models.Q(**{f"{name}__icontains": "data-embed"})
        found = []
        for row in model._base_manager.filter(here):
            texts = [row.data.get("body") if name == "data__body" else getattr(row, name) for name in names]
            if any(self.pk in _used(text, "snippet") for text in texts):
                found.append(getattr(row, "document", row))
        return found


class PostTemplate(Passage):
    """What a new post can start from: its headings, and hints for its title and short version."""

    description = models.CharField(
        max_length=200, blank=True, help_text="What it is good for, in a few words. Shown where you choose it."
    )
    title_hint = models.CharField(
        max_length=200, blank=True, help_text="Shown in the empty title field, such as “What helps when … hurts”."
    )
    tldr = models.TextField("TL;DR", blank=True, help_text="The short version to start from, one point a line.")

    class Meta(Passage.Meta):
        verbose_name = "template"

    @classmethod
    def public_rows(cls) -> models.QuerySet[Any]:
        """Return nothing: visitors do not see templates."""
        return cls._default_manager.none()


def _used(body: str, kind: str) -> set[int]:
    return {number for used, number in analyze(body).embeds if used == kind} if body else set()


def texts_elsewhere() -> list[tuple[models.Model, str]]:
    """Every text of readers that is not a post's, with its row. One query for each kind."""
    others = {"blog.Post", "publishing.PendingEdit", "blog.PostTemplate"}
    holders = [(model, names) for model, names in _holders() if model._meta.label not in others]
    holders.append((Snippet, ("body",)))
    return [(row, getattr(row, name)) for model, names in holders for row in _public(model) for name in names]


def _public(model: Any) -> models.QuerySet[Any]:
    return model.objects.published() if issubclass(model, Document) else model.objects.all()


def _holders() -> list[tuple[Any, tuple[str, ...]]]:
    """Where a snippet may stand: every model with texts from the editor, and those texts."""
    names: dict[str, tuple[str, ...]] = {
        "publishing.PendingEdit": ("data__body",),
        "blog.PostTemplate": ("body",),
        "accounts.Author": ("long_bio",),
    }
    documents: list[tuple[Any, tuple[str, ...]]] = [(kind, ("body",)) for kind in document_models()]
    return documents + [(apps.get_model(name), fields) for name, fields in names.items()]


def resolve(wanted: Collection[Embed], target: RenderTarget) -> dict[Embed, str]:
    """Markup of each snippet that still exists, with as few queries for many as for one."""
    found = Snippet.objects.in_bulk({embed.id for embed in wanted})
    if target is RenderTarget.EDITOR:
        marks = '<div data-embed="snippet" data-id="{}" data-title="{}"></div>'
        markup = {key: str(format_html(marks, key, snippet.name)) for key, snippet in found.items()}
    else:
        bodies = render_all([_without_snippets(snippet.body) for snippet in found.values()], target, is_part=True)
        markup = {key: _with_own_ids(body, key) for key, body in zip(found, bodies, strict=True)}
    return {embed: markup[embed.id] for embed in wanted if embed.id in markup}


def _without_snippets(body: str) -> str:
    """One level, whatever was stored: a snippet within itself would never end."""
    if not _used(body, "snippet"):
        return body
    root = parse(body)
    for nested in root.xpath("//div[@data-embed='snippet']"):
        nested.drop_tree()
    return serialize(root)


def _with_own_ids(markup: str, key: int) -> str:
    """The post around it may have the same headings and as many tables."""
    root = parse(markup)
    for name in ("id", "aria-labelledby"):
        for element in root.xpath(f"//*[@{name}]"):
            element.set(name, f"snippet-{key}-{element.get(name)}")
    return serialize(root)


def register() -> None:
    """Let prose fill the kind "snippet"."""
    embeds.register("snippet", Snippet, resolve)
