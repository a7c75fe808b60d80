"""Embeds: placeholders in a text that hold a kind and an id, filled by the app that owns the kind.

Apps can also postprocess whole texts after their embeds are filled, for example to complete links.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from django.db.models import Model
from lxml.html import HtmlElement

from richtext.citations import KIND
from richtext.problems import call_each, record

MISSING = "<p>This part of the text can't be shown right now.</p>"


class RenderTarget(Enum):
    """The output that a text is rendered for."""

    PAGE = "page"
    FEED = "feed"
    EMAIL = "email"
    EDITOR = "editor"

    @property
    def is_external(self) -> bool:
        """Whether another program shows the text, without this site's styles, scripts and relative URLs."""
        return self in (RenderTarget.FEED, RenderTarget.EMAIL)


@dataclass(frozen=True, slots=True)
class Embed:
    """An embed in a text.

    `alt` overrides the alternative text of the row; an empty one means decorative. `start` is the second at which a
    video starts.
    """

    kind: str
    id: int
    alt: str | None = None
    start: int = 0


# Gets the distinct embeds of one kind and returns the HTML of those that exist.
Resolver = Callable[[Collection[Embed], RenderTarget], Mapping[Embed, str]]
_resolvers: dict[str, Resolver] = {}
_models: dict[str, type[Model]] = {}
# Gets texts with filled embeds and changes them in place.
Postprocessor = Callable[[Sequence[HtmlElement], RenderTarget], None]
_postprocessors: list[Postprocessor] = []
_editor_postprocessors: list[Postprocessor] = []


def register(kind: str, model: type[Model], resolver: Resolver) -> None:
    """Fill embeds of `kind`, which show rows of `model`, with `resolver`. For `AppConfig.ready`."""
    _resolvers[kind] = resolver
    _models[kind] = model


def register_citations(model: type[Model], postprocessor: Postprocessor) -> None:
    """Let `postprocessor` number the citations of rows of `model`, and label them for the editor.

    For `AppConfig.ready`.
    """
    _models[KIND] = model
    _postprocessors.append(postprocessor)
    _editor_postprocessors.append(postprocessor)


def model_of(kind: str) -> type[Model] | None:
    """Return the model whose rows embeds of `kind` show, or None for an unknown kind."""
    return _models.get(kind)


def resolve(embeds: Collection[Embed], target: RenderTarget) -> dict[Embed, str]:
    """Return the HTML of each embed that exists. One resolver call, so usually one query, per kind.

    On pages, a sentence replaces an embed that raises an error, and the editor shows its placeholder. An email or feed
    would not be corrected later, so it is not sent without the embed: the error is raised.
    """
    markup: dict[Embed, str] = {}
    for kind in sorted({embed.kind for embed in embeds}):
        if resolver := _resolvers.get(kind):
            wanted = [embed for embed in embeds if embed.kind == kind]
            markup.update(resolver(wanted, target) if target.is_external else _resolve_each(wanted, resolver, target))
    return markup


def _resolve_each(wanted: Sequence[Embed], resolver: Resolver, target: RenderTarget) -> dict[Embed, str]:
    def call(embeds: Sequence[Embed]) -> list[str | None]:
        found = resolver(embeds, target)
        return [found.get(embed) for embed in embeds]

    def fail(embed: Embed, error: Exception) -> str | None:
        record(_models[embed.kind], embed.id, "the texts that show it", error)
        return MISSING if target is RenderTarget.PAGE and embed.kind != "image" else None

    found = zip(wanted, call_each(wanted, call, fail), strict=True)
    return {embed: markup for embed, markup in found if markup is not None}


def register_postprocessor(postprocessor: Postprocessor) -> None:
    """Run `postprocessor` on every text rendered for readers. For `AppConfig.ready`."""
    _postprocessors.append(postprocessor)


def postprocess(roots: Sequence[HtmlElement], target: RenderTarget) -> None:
    """Run all postprocessors on `roots`; for the editor, only those that label its content."""
    for postprocessor in _editor_postprocessors if target is RenderTarget.EDITOR else _postprocessors:
        postprocessor(roots, target)
