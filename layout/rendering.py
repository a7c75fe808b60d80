"""What readers of one page see of the frame: its items with what they found, empty ones left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.utils.functional import cached_property

from blog.models import ArchiveCounts, Category, Post
from layout.block_types import BOXES, Area
from layout.default_layout import Branch, usual
from layout.models import Item
from layout.providers import Link, is_current
from pages.standing import Standing, standing_of
from siteinfo.context_processors import get_site
from siteinfo.models import SiteInfo, SocialLink

# How a box is drawn where it stands.
_FRAMES = {Area.SIDEBAR: "layout/_widget.html", Area.FOOTER: "layout/_column.html", Area.HOME: "layout/_section.html"}
# On the home page these stand side by side.
_NARROW = {"text", "picture"}


class Entry(NamedTuple):
    """An item that has something to show: a link, a heading with its links, or a box with what it found."""

    item: Item
    links: list[Link] = []
    found: Any = None
    anchor: str = ""
    is_heading: bool = False
    is_current: bool = False

    @property
    def kind(self) -> str:
        return self.item.kind

    @property
    def title(self) -> str:
        """The words above it."""
        return self.item.heading

    @property
    def template(self) -> str:
        return self.item.about.template if self.item.about else ""

    @property
    def frame(self) -> str:
        """The template that its own one extends."""
        narrow = self.item.area == Area.HOME and self.kind in _NARROW
        return _FRAMES[Area.FOOTER if narrow else Area(self.item.area)]


class Menu(NamedTuple):
    """Links, which stand together, and the boxes before and after them."""

    before: list[Entry]
    links: list[Entry]
    after: list[Entry]


class Scene:
    """A page being shown: what the frame asks about it and the site, each asked once."""

    def __init__(self, request: HttpRequest, context: Mapping[str, Any]) -> None:
        self.request, self.context = request, context
        self.standing: Standing = standing_of(request)
        self._branches: dict[str, list[Branch]] = {}
        self._entries: dict[str, list[Entry]] = {}

    @property
    def post(self) -> Post | None:
        return self.context.get("post") or None

    @property
    def site(self) -> SiteInfo:
        return get_site(self.request)

    @property
    def profiles(self) -> list[SocialLink]:
        return get_site(self.request).profiles

    @cached_property
    def categories(self) -> list[Category]:
        """The main categories, each with those below."""
        found: list[Category] | None = self.context.get("categories")
        return Category.objects.all().tree() if found is None else found

    @cached_property
    def archive_counts(self) -> ArchiveCounts:
        """The public posts counted. One query."""
        return Post.objects.published().archive_counts()

    @cached_property
    def _rows(self) -> dict[str, list[Branch]]:
        """The arranged areas. One query for all of them."""
        rows = list(Item.objects.arranged())
        areas: dict[str, list[Branch]] = {}
        for item in rows:
            if item.parent_id is None:
                below = [each for each in rows if each.parent_id == item.pk]
                areas.setdefault(item.area, []).append(Branch(item, below))
        return areas

    def branches(self, area: str) -> list[Branch]:
        """The tree of `area`: the author's own, else the usual one."""
        if area not in self._branches:
            self._branches[area] = self._rows.get(area) or usual(area)
        return self._branches[area]

    def is_own(self, area: str) -> bool:
        """Whether the author has arranged `area`."""
        return area in self._rows

    def below(self, heading: Item) -> list[Item]:
        """What stands under `heading` and is switched on."""
        branch = next(branch for branch in self.branches(heading.area) if branch.item is heading)
        return [item for item in branch.below if item.is_shown]

    def find(self, item: Item) -> Any:
        """What `item` shows here; nothing if it has nothing, or its kind is gone."""
        return item.about.finds(self, item) if item.about else None

    def entries(self, area: str) -> list[Entry]:
        """What readers see in `area`, in order."""
        if area not in self._entries:
            entries = [
                entry for branch in self.branches(area) if branch.item.is_shown for entry in self._shown(branch.item)
            ]
            self._entries[area] = list(_with_anchors(entries))
        return self._entries[area]

    def _shown(self, item: Item) -> Iterator[Entry]:
        if item.kind == "main-menu":
            yield from (entry for entry in self.entries(Area.MAIN) if entry.links)
        elif found := self.find(item):
            if item.about and item.about.is_line:
                yield from (Entry(item, [link]) for link in found)
            elif item.kind != "heading":
                yield Entry(item, found=found)
            elif len(found) == 1 and item.area not in BOXES:
                # A list that would open for one link gives way to it.
                yield Entry(item, found)
            else:
                yield Entry(item, found, is_heading=True, is_current=is_current(self, item, found))

    def menu(self, area: str) -> Menu:
        """`area` as a menu: what comes before its first link, its links, and the rest."""
        entries = self.entries(area)
        first = next((number for number, entry in enumerate(entries) if entry.links), 0)
        return Menu(
            entries[:first],
            [entry for entry in entries if entry.links],
            [entry for entry in entries[first:] if not entry.links],
        )

    def rows(self, area: str) -> list[list[Entry]]:
        """`area` in rows: neighbours that are narrow share one."""
        grouped = groupby(self.entries(area), key=lambda entry: entry.kind in _NARROW)
        return [row for is_narrow, found in grouped for row in ([list(found)] if is_narrow else [[e] for e in found])]


def _with_anchors(entries: list[Entry]) -> Iterator[Entry]:
    """Each with an id of its own, which stays the same while the kinds do."""
    seen: dict[str, int] = {}
    for entry in entries:
        name = f"{entry.item.area}-{entry.kind}"
        seen[name] = seen.get(name, 0) + 1
        yield entry._replace(anchor=f"{name}-{seen[name]}" if seen[name] > 1 else name)
