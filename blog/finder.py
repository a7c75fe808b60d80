"""Find posts and exercises by body region, condition and goal."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Self
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import Http404

from blog.models import Post, PostQuerySet
from exercises.body_parts import BodyPart
from exercises.models import BodyRegion, Condition, Exercise, ExerciseQuerySet, FinderEntry, Goal

# By the names of the parameters that narrow a list down.
KINDS: dict[str, type[FinderEntry]] = {"region": BodyRegion, "condition": Condition, "goal": Goal}


@dataclass(frozen=True, slots=True)
class Found:
    """Public posts and exercises."""

    posts: PostQuerySet
    exercises: ExerciseQuerySet

    @classmethod
    def about(cls, entry: FinderEntry) -> Self:
        """Return the posts and exercises that are assigned to `entry`."""
        return cls(Post.objects.published(), Exercise.objects.published()).narrowed_to(entry)

    def narrowed_to(self, entry: FinderEntry) -> Self:
        """Return those that are also assigned to `entry`."""
        condition = {entry.field_name: entry}
        return type(self)(self.posts.filter(**condition), self.exercises.filter(**condition))

    def entries(self, model: type[FinderEntry]) -> QuerySet[FinderEntry]:
        """Return the body regions, conditions or goals of these, in order."""
        posts = self.posts.order_by().values(model.field_name)
        exercises = self.exercises.order_by().values(model.field_name)
        return model._default_manager.filter(Q(pk__in=posts) | Q(pk__in=exercises))


class Option(NamedTuple):
    """A link that narrows a list down; without an entry, the link to all."""

    entry: FinderEntry | None
    query: str
    is_chosen: bool


class Facet(NamedTuple):
    """The links that narrow a list down by one kind of entry."""

    label: str
    chosen: FinderEntry | None
    options: list[Option]


def narrow_down(entry: FinderEntry, parameters: Mapping[str, str]) -> tuple[Found, list[Facet], str]:
    """Return what is assigned to `entry` and to the entries in `parameters`, the facets, and the query of the choice.

    One query for each facet. Raises Http404 for an entry that no facet offers.
    """
    everything = Found.about(entry)
    offered = {name: list(everything.entries(model)) for name, model in KINDS.items() if not isinstance(entry, model)}
    chosen = {name: _choose(entries, parameters.get(name, "")) for name, entries in offered.items()}
    slugs = {name: each.slug for name, each in chosen.items() if each}
    found = everything
    for each in filter(None, chosen.values()):
        found = found.narrowed_to(each)
    facets = [
        Facet(str(KINDS[name]._meta.verbose_name), chosen[name], _options(name, entries, slugs))
        for name, entries in offered.items()
        if entries
    ]
    return found, facets, urlencode(slugs)


def _choose(entries: Collection[FinderEntry], slug: str) -> FinderEntry | None:
    if not slug:
        return None
    found = next((entry for entry in entries if entry.slug == slug), None)
    if found is None:
        raise Http404
    return found


def _options(name: str, entries: Collection[FinderEntry], slugs: dict[str, str]) -> list[Option]:
    """Return the link to all and one for each entry. Each keeps the choice in the other facets."""
    others = {other: slug for other, slug in slugs.items() if other != name}
    everything = Option(None, urlencode(others), name not in slugs)
    return [
        everything,
        *(Option(entry, urlencode({**others, name: entry.slug}), slugs.get(name) == entry.slug) for entry in entries),
    ]


class DrawnRegion(NamedTuple):
    """A region with the parts of the drawing that lead to it."""

    region: BodyRegion
    parts: list[str]


class BodyMap(NamedTuple):
    """The regions with public content: all as links, and those that the drawing of the body shows."""

    regions: list[BodyRegion]
    drawn: list[DrawnRegion]
    # The parts without a link.
    other_parts: list[str]
    # All parts, from head to toe.
    parts: list[str] = BodyPart.values


def body_map(regions: list[BodyRegion]) -> BodyMap:
    """Return the map of `regions`. If two have the same part, the first one gets it."""
    free = list(BodyPart.values)
    drawn = []
    for region in regions:
        parts = [part for part in region.drawn_parts if part in free]
        free = [part for part in free if part not in parts]
        if parts:
            drawn.append(DrawnRegion(region, parts))
    return BodyMap(regions, drawn, free)
