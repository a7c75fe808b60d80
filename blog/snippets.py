"""Text that is not a post: snippets, written once and shown in many posts, and templates to start from."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.html import format_html

from richtext import embeds
from richtext.analysis import analyze
from richtext.embeds import Embed, RenderTarget
from richtext.references import ReferenceSource
from richtext.rendering import render_all
from richtext.sanitizer import parse, sanitize, serialize


class Passage(ReferenceSource):
    """A named rich text."""

    reference_fields = ("body",)

    name = models.CharField(max_length=120, unique=True, help_text="To find it on the desk. Readers do not see it.")
    body = models.TextField("text", help_text="Written as a post is, with headings, lists, boxes and pictures.")

    class Meta:
        abstract = True
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    def save(self, **kwargs: Any) -> None:
        """Sanitize the text and save."""
        self.body = sanitize(self.body)
        super().save(**kwargs)


class Snippet(Passage):
    """A passage that posts show by reference: changing it changes them all, feeds included."""

    def clean(self) -> None:
        if _used(sanitize(self.body), "snippet"):
            raise ValidationError({"body": "A snippet cannot hold another snippet. Put both into the post instead."})


class PostTemplate(Passage):
    """What a new post can start from: its headings, and hints for its title and short version."""

    is_content = False

    description = models.CharField(
        max_length=200, blank=True, help_text="What it is good for, in a few words. Shown where you choose it."
    )
    title_hint = models.CharField(
        max_length=200, blank=True, help_text="Shown in the empty title field, such as “What helps when … hurts”."
    )
    tldr = models.TextField("TL;DR", blank=True, help_text="The short version to start from, one point a line.")

    class Meta(Passage.Meta):
        verbose_name = "template"


def _used(body: str, kind: str) -> set[int]:
    return {number for used, number in analyze(body).embeds if used == kind} if body else set()


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
