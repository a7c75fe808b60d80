"""Embeds: places in a text that hold only a kind and an id, filled at rendering by the room that owns the kind."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import Enum


class Target(Enum):
    """Where a text is going. Every output of a text is rendered for one of these."""

    PAGE = "page"
    FEED = "feed"
    EDITOR = "editor"


@dataclass(frozen=True, slots=True)
class Embed:
    """One use of an embed. `alt` overrides the record's own alternative text; an empty one means decorative."""

    kind: str
    id: int
    alt: str | None = None


# Gets the distinct embeds of one text and gives markup for those it knows; a missing one is left out of the page.
Resolver = Callable[[Collection[Embed], Target], Mapping[Embed, str]]
_resolvers: dict[str, Resolver] = {}


def register(kind: str, resolver: Resolver) -> None:
    """Make `resolver` fill the embeds of `kind`. Called in `AppConfig.ready` of the owning room."""
    _resolvers[kind] = resolver


def resolve(embeds: Collection[Embed], target: Target) -> dict[Embed, str]:
    """Markup for each known embed: one resolver call, so one query, per kind."""
    markup: dict[Embed, str] = {}
    for kind in sorted({embed.kind for embed in embeds}):
        if resolver := _resolvers.get(kind):
            markup.update(resolver([embed for embed in embeds if embed.kind == kind], target))
    return markup
