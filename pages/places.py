"""What a link within the site may lead to, found by its name."""

from __future__ import annotations

from itertools import chain
from typing import NamedTuple

from django.db.models import F, Model, QuerySet
from django.urls import reverse

from blog.models import LARGE_FIELDS, Category, Post
from pages.models import Page

MOST = 8
# The site's own pages, which nobody writes.
_OWN = {
    "Home": "home",
    "Blog": "blog:post_list",
    "Contact": "contact:contact",
    "Search": "search",
    "RSS feed": "blog:feed",
}


class Place(NamedTuple):
    """A page of the site: its name, its address from the root, what it is, and whether readers must wait for it."""

    title: str
    address: str
    kind: str
    is_draft: bool = False


def find(words: list[str]) -> list[Place]:
    """Up to 8 places whose name holds each of `words`, in three queries: pages and categories first, they are few."""
    words = [word.replace("\x00", "") for word in words]
    own = [title for title in _OWN if words and all(word.lower() in title.lower() for word in words)]
    pages = named(Page.objects.not_trashed().in_order().without_text(), "title", words) if words else []
    categories = named(Category.objects.order_by("name"), "name", words) if words else []
    newest = F("published_at").desc(nulls_last=True)
    posts = named(Post.objects.not_trashed().order_by(newest, "-pk").defer(*LARGE_FIELDS), "title", words)
    found = chain(
        (Place(title, reverse(_OWN[title]), "Page") for title in own),
        (Place(page.title, page.get_absolute_url(), "Page", not page.is_published) for page in pages),
        (Place(category.name, category.get_absolute_url(), "Category") for category in categories),
        map(place_of, posts),
    )
    return list(found)[:MOST]


def place_of(post: Post) -> Place:
    """Where a post is."""
    return Place(post.title, post.get_absolute_url(), "Post", not post.is_published)


def named[Named: Model](rows: QuerySet[Named], field: str, words: list[str]) -> QuerySet[Named]:
    """Up to 8 of `rows` whose `field` holds each of `words`, in any case of letters."""
    for word in words:
        rows = rows.filter(**{f"{field}__icontains": word})
    return rows[:MOST]
