"""What each type of block shows on a page.

A provider returns a list of links for a link block and a value for the template of a widget. A block whose
provider returns something falsy is not shown.
"""

from collections.abc import Callable, Hashable, Iterable
from typing import Any, NamedTuple

from django.urls import reverse

from accounts.models import Author
from blog.finder import BodyMap, body_map
from blog.models import Post
from blog.templatetags.blog_tags import second_level, table_of_contents, with_counts
from layout.block_types import Area
from layout.context import LayoutContext
from layout.fragments import AUTHORS, BLOG
from layout.models import Block
from siteinfo.models import SocialLink

# The archives list this many months, then years.
RECENT_MONTHS = 12


class Link(NamedTuple):
    """A link in a menu or list."""

    title: str
    url: str


def provide(context: LayoutContext, block: Block) -> Any:
    """Return what `block` shows on this page, falsy if it shows nothing or its type no longer exists."""
    provider = PROVIDERS.get(block.block_type)
    return provider(context, block) if provider else None


def current_keys(context: LayoutContext, heading: Block, links: Iterable[Link]) -> list[str]:
    """Return the paths and sections of the pages on which `heading` is marked as current."""
    keys = [link.url for link in links]
    if any(child.block_type == "author-link" for child in context.visible_children(heading)):
        keys.append(AUTHORS)
    if reverse("blog:post_list") in keys:
        keys.append(BLOG)
    return keys


# ---- Links ---------------------------------------------------------------------------------------------


def _links(objects: Iterable[Any]) -> list[Link]:
    return [Link(str(obj), obj.get_absolute_url()) for obj in objects]


def _link(context: LayoutContext, block: Block) -> list[Link]:
    return [Link(block.name, block.href)] if block.href and not block.link_error else []


def _main_categories(context: LayoutContext, block: Block) -> list[Link]:
    return _links(context.main_categories[: block.item_count])


def _pages(context: LayoutContext, block: Block) -> list[Link]:
    return _links(context.navigation.menu_pages)


def _policies(context: LayoutContext, block: Block) -> list[Link]:
    return _links(context.navigation.policies)


def _author_link(context: LayoutContext, block: Block) -> list[Link]:
    author, about = context.navigation.author, context.navigation.by_role.get("about")
    if author is None or (about and about.show_in_menu):
        return []
    return [Link(block.title or f"About {author}", author.get_absolute_url())]


def _exercises(context: LayoutContext, block: Block) -> list[Link]:
    url = reverse("exercises:exercise_list")
    return [Link(block.title or "Exercises", url)] if context.navigation.has_exercises else []


def _shop(context: LayoutContext, block: Block) -> list[Link]:
    return [Link(block.title or "Shop my favorites", reverse("affiliates:shop"))] if context.site.has_shop else []


def _finder_link(context: LayoutContext, block: Block) -> list[Link]:
    url = reverse("blog:where_does_it_hurt")
    return [Link(block.title or "Where does it hurt?", url)] if context.body_regions else []


# ---- Widgets -------------------------------------------------------------------------------------------


def _always(context: LayoutContext, block: Block) -> bool:
    """Show the block on every page; its template decides the rest."""
    return True


def _heading(context: LayoutContext, block: Block) -> list[Link]:
    """Return the links under a heading. If several links have the same URL, the last one is kept."""
    links = [link for child in context.visible_children(block) for link in provide(context, child)]
    last = {link.url: index for index, link in enumerate(links)}
    return [link for index, link in enumerate(links) if last[link.url] == index]


def _author(context: LayoutContext, block: Block) -> Author | None:
    author = context.post.author if context.post else context.navigation.author
    return author if author and author.has_profile else None


def _about(context: LayoutContext, block: Block) -> Author | None:
    author = context.navigation.author
    return author if author and author.has_profile else None


def _social_links(context: LayoutContext, block: Block) -> list[SocialLink] | str:
    # In the sidebar and the footer the list also has a link to the feed, which alone is too little for a widget.
    return context.site.profiles or context.site.email


def _search(context: LayoutContext, block: Block) -> bool:
    # The results page already has a search field.
    return block.area != Area.SIDEBAR or not context.has_search_field


def _categories(context: LayoutContext, block: Block) -> dict[str, Any] | None:
    with_posts = with_counts(context.categories, context.archive_counts.categories)
    return {"categories": with_posts, "post_counts": context.archive_counts.categories} if with_posts else None


def _archives(context: LayoutContext, block: Block) -> dict[str, Any] | None:
    counts = context.archive_counts
    if not counts.months:
        return None
    is_long = len(counts.months) > RECENT_MONTHS
    return {"months": counts.months[:RECENT_MONTHS], "years": counts.years if is_long else []}


def _hero(context: LayoutContext, block: Block) -> dict[str, bool]:
    blocks = [node.block for node in context.nodes(block.area) if node.block.is_shown]
    starting_points = [other for other in blocks if other.block_type == "starting-points"]
    has_finder = any(other.block_type == "body-finder" for other in blocks)
    return {
        "has_body_finder": has_finder and bool(context.body_regions),
        "has_starting_points": any(_starting_points(context, other) for other in starting_points),
    }


def _help_line(context: LayoutContext, block: Block) -> str:
    return context.site.help_line


def _starting_points(context: LayoutContext, block: Block) -> dict[str, Any] | None:
    """Return the first main categories, each with its number of posts, and the topics below them that have posts."""
    counts = context.archive_counts.categories
    chosen = [each for each in context.main_categories if each.position is not None or each.path in counts]
    categories = [(each, counts.get(each.path, 0)) for each in chosen[: block.item_count]]
    topics = [each for each in second_level(context.main_categories) if each.path in counts]
    return {"categories": categories, "topics": topics} if categories else None


def _body_finder(context: LayoutContext, block: Block) -> BodyMap | None:
    return body_map(context.body_regions) if context.body_regions else None


def _latest_posts(context: LayoutContext, block: Block) -> list[Post] | dict[str, list[Post]]:
    posts = Post.objects.published()
    if block.area == Area.HOME:
        # A dictionary is truthy even without posts: the home page then says that the first post is coming.
        return {"posts": posts.featured_first(block.item_count)}
    return list(posts.newest_first().for_cards()[: block.item_count])


def _featured_posts(context: LayoutContext, block: Block) -> list[Post]:
    featured = Post.objects.published().filter(is_featured=True)
    return list(featured.newest_first().for_cards()[: block.item_count])


def _table_of_contents(context: LayoutContext, block: Block) -> list[tuple[str, str]]:
    return table_of_contents(context.post.headings) if context.post else []


# What the blocks that vary by page depend on. The table of contents and ads differ on nearly every page.
VARIANTS: dict[str, Callable[[LayoutContext], Hashable]] = {
    "author": lambda context: context.post and context.post.author_id,
    "search": lambda context: context.has_search_field,
}

PROVIDERS: dict[str, Callable[[LayoutContext, Block], Any]] = {
    "link": _link,
    "main-categories": _main_categories,
    "pages": _pages,
    "policies": _policies,
    "author-link": _author_link,
    "exercises": _exercises,
    "shop": _shop,
    "finder-link": _finder_link,
    "heading": _heading,
    "main-menu": _always,
    "brand": _always,
    "author": _author,
    "social-links": _social_links,
    "search": _search,
    "categories": _categories,
    "archives": _archives,
    "hero": _hero,
    "help-line": _help_line,
    "starting-points": _starting_points,
    "body-finder": _body_finder,
    "latest-posts": _latest_posts,
    "featured-posts": _featured_posts,
    "about": _about,
    "newsletter": _always,
    "instagram": _always,
    "text": _always,
    "image": _always,
    "ad": _always,
    "table-of-contents": _table_of_contents,
}
