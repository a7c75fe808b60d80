"""What each kind of item finds to show: links for a line, anything for a box, and nothing if it has nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from django.urls import reverse
from django.utils.encoding import escape_uri_path

from accounts.models import Author
from blog.models import Category, Post
from blog.templatetags.blog_tags import chapters as chapters_of
from blog.templatetags.blog_tags import with_counts
from siteinfo.models import SocialLink

if TYPE_CHECKING:
    from layout.models import Item
    from layout.rendering import Scene


class Link(NamedTuple):
    """A link of a menu."""

    title: str
    address: str


def _links(things: Iterable[Any]) -> list[Link]:
    return [Link(str(thing), thing.get_absolute_url()) for thing in things]


def always(scene: Scene, item: Item) -> bool:
    """For what is always there, or knows by itself when it is not."""
    return True


# ---- Lines ---------------------------------------------------------------------------------------------


def link(scene: Scene, item: Item) -> list[Link]:
    """Where the item leads, if readers can go there."""
    return [Link(item.name, item.leads_to)] if item.leads_to and not item.trouble else []


def topics(scene: Scene, item: Item) -> list[Link]:
    """The first main categories."""
    return _links(scene.categories[: item.count])


def pages(scene: Scene, item: Item) -> list[Link]:
    """The pages marked for the menu."""
    return _links(scene.standing.in_menu)


def policies(scene: Scene, item: Item) -> list[Link]:
    """The texts that readers rely on."""
    return _links(scene.standing.policies)


def author_link(scene: Scene, item: Item) -> list[Link]:
    """The author's own page, unless About me is among the pages of the menu."""
    author, about = scene.standing.author, scene.standing.by_role.get("about")
    if author is None or (about and about.show_in_menu):
        return []
    return [Link(item.title or f"About {author}", author.get_absolute_url())]


def shop(scene: Scene, item: Item) -> list[Link]:
    """The page of the author's favorites, once something stands there."""
    return [Link(item.title or "Shop my favorites", reverse("affiliates:shop"))] if scene.site.has_shop else []


# ---- Boxes ---------------------------------------------------------------------------------------------


def under(scene: Scene, item: Item) -> list[Link]:
    """The links under a heading. One that comes twice stands where it comes last, so that a list may end in order."""
    found = [link for line in scene.below(item) for link in scene.find(line)]
    last = {link.address: number for number, link in enumerate(found)}
    return [link for number, link in enumerate(found) if last[link.address] == number]


def author(scene: Scene, item: Item) -> Author | None:
    """Who wrote the post beside it, else whom the frame introduces."""
    return scene.post.author if scene.post else scene.standing.author


def site_author(scene: Scene, item: Item) -> Author | None:
    """Whom the frame introduces."""
    return scene.standing.author


def connect(scene: Scene, item: Item) -> list[SocialLink] | str | bool:
    """In the sidebar and the footer the feed is among them, so there is always one."""
    return item.is_beside or scene.profiles or scene.site.email


def search(scene: Scene, item: Item) -> bool:
    """The page of results has its own field in the place of the sidebar's."""
    return item.area != "sidebar" or "query" not in scene.context


def categories(scene: Scene, item: Item) -> dict[str, Any]:
    """Those that have posts, and what their branches are counted by."""
    counts = with_counts(scene.categories, scene.archive_counts.categories)
    return {"counts": counts, "archive_counts": scene.archive_counts} if counts else {}


def archives(scene: Scene, item: Item) -> list[Any]:
    """The months with posts."""
    return scene.archive_counts.months


def hero(scene: Scene, item: Item) -> dict[str, bool]:
    """Whether its button leads to the starting points."""
    others = (branch.item for branch in scene.branches(item.area))
    has_start = any(other.kind == "start" and other.is_shown for other in others)
    return {"leads_to_start": has_start and bool(scene.categories)}


def help_line(scene: Scene, item: Item) -> str:
    """The site's line for readers who should not wait."""
    return scene.site.help_line


def start(scene: Scene, item: Item) -> list[Category]:
    """The first main categories."""
    return scene.categories[: item.count]


def latest(scene: Scene, item: Item) -> list[Post] | dict[str, list[Post]]:
    """The newest posts. On the home page the featured one leads, and an empty blog says that it is about to begin."""
    posts = Post.objects.published()
    if item.area == "home":
        return {"posts": posts.featured_first(item.count)}
    return list(posts.newest_first().for_cards()[: item.count])


def featured(scene: Scene, item: Item) -> list[Post]:
    """The newest of those that the author has featured."""
    return list(Post.objects.published().filter(is_featured=True).newest_first().for_cards()[: item.count])


def chapters(scene: Scene, item: Item) -> list[tuple[str, str]]:
    """Anchor and words of the post's chapters, if they are enough for a list."""
    return chapters_of(scene.post.headings) if scene.post else []


# ---- Where the reader is -------------------------------------------------------------------------------


def is_current(scene: Scene, item: Item, links: Iterable[Link]) -> bool:
    """Whether a heading holds the page, or the part of the site that the page belongs to."""
    addresses = {link.address for link in links}
    if escape_uri_path(scene.request.path) in addresses:
        return True
    is_about = any(line.kind == "author-link" for line in scene.below(item))
    if scene.context.get("author"):
        return is_about
    is_on_blog = scene.context.get("post") or scene.context.get("page")
    return bool(is_on_blog) and reverse("blog:post_list") in addresses
