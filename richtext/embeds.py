"""Embeds: places in a text that hold only a kind and an id, filled at rendering by the room that owns the kind.

A room may also finish whole texts, once their embeds are filled: what a link needs, what must stand before it.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from django.db.models import Model
from lxml.html import HtmlElement


class RenderTarget(Enum):
    """Where a text is going. Every output of a text is rendered for one of these."""

    PAGE = "page"
    FEED = "feed"
    EMAIL = "email"
    EDITOR = "editor"

    @property
    def is_external(self) -> bool:
        """Whether it is read in another program, without this site's styles, scripts and addresses from the root."""
        return self in (RenderTarget.FEED, RenderTarget.EMAIL)


@dataclass(frozen=True, slots=True)
class Embed:
    """One use of an embed. `alt` overrides the record's own alternative text; an empty one means decorative."""

    kind: str
    id: int
    alt: str | None = None


# Gets the distinct embeds of one text and gives markup for those it knows; a missing one is left out of the page.
Resolver = Callable[[Collection[Embed], RenderTarget], Mapping[Embed, str]]
_resolvers: dict[str, Resolver] = {}
_models: dict[str, type[Model]] = {}
# Gets texts whose embeds are filled, for one target and never for the editor, and changes them in place.
Postprocessor = Callable[[Sequence[HtmlElement], RenderTarget], None]
_postprocessors: list[Postprocessor] = []


def register(kind: str, model: type[Model], resolver: Resolver) -> None:
    """Make `resolver` fill the embeds of `kind`, which show rows of `model`. For `AppConfig.ready`."""
    _resolvers[kind] = resolver
    _models[kind] = model


def model_of(kind: str) -> type[Model] | None:
    """Return the model whose rows embeds of `kind` show, or None for an unknown kind."""
    return _models.get(kind)


def resolve(embeds: Collection[Embed], target: RenderTarget) -> dict[Embed, str]:
    """Markup for each known embed: one resolver call, so one query, per kind."""
    markup: dict[Embed, str] = {}
    for kind in sorted({embed.kind for embed in embeds}):
        if resolver := _resolvers.get(kind):
            markup.update(resolver([embed for embed in embeds if embed.kind == kind], target))
    return markup


def register_postprocessor(postprocessor: Postprocessor) -> None:
    """Let `postprocessor` have the last word on every text. Called in `AppConfig.ready` of the room that needs it."""
    _postprocessors.append(postprocessor)


def postprocess(roots: Sequence[HtmlElement], target: RenderTarget) -> None:
    """Let every postprocessor change `roots`, which readers get at `target`."""
    for postprocessor in _postprocessors:
        postprocessor(roots, target)
