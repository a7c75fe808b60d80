"""Everything the blocks of a page need, each loaded once."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.utils.functional import cached_property

from blog.models import ArchiveCounts, Category, Post
from blog.visibility import public_entries
from exercises.models import BodyRegion
from layout.default_layout import BlockNode, default_blocks
from layout.models import Block
from layout.navigation import Navigation, get_navigation
from siteinfo.appearance import get_appearance
from siteinfo.context_processors import get_site
from siteinfo.models import Appearance, SiteInfo

# The category in which WordPress files posts without one. It says nothing to visitors.
WORDPRESS_DEFAULT_CATEGORY = "uncategorized"


class LayoutContext:
    """The data that blocks share, and what they show of the page they are on."""

    def __init__(self, request: HttpRequest, template_context: Mapping[str, Any] | None = None) -> None:
        """Load nothing yet; every property loads what it needs.

        Without `template_context`, the variables of the page, the blocks are those of any page.
        """
        self._request = request
        self._template_context = template_context or {}
        self._areas: dict[str, list[BlockNode]] = {}

    @property
    def post(self) -> Post | None:
        """The post that the page shows, if it shows one."""
        return self._template_context.get("post") or None

    @property
    def has_search_field(self) -> bool:
        """Whether the main part of the page has a search field, as search results have."""
        return "query" in self._template_context

    @property
    def site(self) -> SiteInfo:
        """The site information."""
        return get_site(self._request)

    @property
    def appearance(self) -> Appearance:
        """How the owner wants pages to look."""
        return get_appearance(self._request)

    @property
    def navigation(self) -> Navigation:
        """The public pages, the categories and the site's author."""
        return get_navigation(self._request)

    @property
    def categories(self) -> list[Category]:
        """The main categories, each with those below it."""
        return self.navigation.categories

    @cached_property
    def archive_counts(self) -> ArchiveCounts:
        """The number of public posts per category and month."""
        return Post.objects.published().archive_counts()

    @cached_property
    def body_regions(self) -> list[BodyRegion]:
        """The body regions with public posts or exercises."""
        return list(public_entries(BodyRegion))

    @cached_property
    def main_categories(self) -> list[Category]:
        """The main categories as menus list them: in the author's order, then those with the most posts."""
        counts = self.archive_counts.categories

        def key(category: Category) -> tuple[bool, int, bool, int]:
            is_default = category.slug == WORDPRESS_DEFAULT_CATEGORY
            return *category.sort_key, is_default, -counts.get(category.path, 0)

        # Sorting is stable, so the rest follows the alphabet.
        return sorted(self.categories, key=key)

    @cached_property
    def custom_areas(self) -> dict[str, list[BlockNode]]:
        """The blocks of the areas that the author has customized."""
        blocks = list(Block.objects.with_targets())
        areas: dict[str, list[BlockNode]] = {}
        for block in blocks:
            if block.parent_id is None:
                children = [child for child in blocks if child.parent_id == block.pk]
                areas.setdefault(block.area, []).append(BlockNode(block, children))
        return areas

    def nodes(self, area: str) -> list[BlockNode]:
        """Return the blocks of `area`: the author's if it is customized, otherwise the default ones."""
        if area not in self._areas:
            self._areas[area] = self.custom_areas.get(area) or default_blocks(area)
        return self._areas[area]

    def visible_children(self, heading: Block) -> list[Block]:
        """Return the visible blocks under `heading`."""
        node = next(node for node in self.nodes(heading.area) if node.block is heading)
        return [child for child in node.children if child.is_shown]
