"""Find pages on this site by title, for link dialogs and menus."""

from typing import Any, NamedTuple

from django.contrib.auth.models import AnonymousUser
from django.db.models import F, Model, QuerySet
from django.urls import reverse

from accounts.models import User
from blog.models import LARGE_FIELDS, Category, Post, PostQuerySet
from pages.models import Page
from plaintext.characters import strip_control_characters
from plaintext.folding import fold
from publishing.visibility import linkable_by

MAX_RESULTS = 8
# The URL names of pages that are not in the database, by title.
_BUILT_IN_PAGES = {
    "Home": "home",
    "Blog": "blog:post_list",
    "Contact": "contact:contact",
    "Search": "search",
    "RSS feed": "blog:feed",
}


class LinkSuggestion(NamedTuple):
    """Something a link can point to; `url` is root-relative."""

    title: str
    url: str
    kind: str
    is_draft: bool = False


def search_links(words: list[str], user: User | AnonymousUser) -> list[LinkSuggestion]:
    """Return up to MAX_RESULTS suggestions whose title contains each of `words`. Pages and categories come first.

    Drafts are among them only if `user` may open them in the admin.
    """
    words = [strip_control_characters(word) for word in words]
    if not words:
        return []
    titles = [title for title in _BUILT_IN_PAGES if all(fold(word) in fold(title) for word in words)]
    pages: Any = linkable_by(user, Page.objects.all())
    pages = filter_by_words(pages.in_order().without_text(), "title", words)
    categories = filter_by_words(Category.objects.order_by("name"), "name", words)
    posts = filter_by_words(linkable_by(user, newest_posts()), "title", words)
    suggestions = [
        *(LinkSuggestion(title, reverse(_BUILT_IN_PAGES[title]), "Page") for title in titles),
        *(LinkSuggestion(page.title, page.get_absolute_url(), "Page", not page.is_published) for page in pages),
        *(LinkSuggestion(category.name, category.get_absolute_url(), "Category") for category in categories),
        *(suggest_post(post) for post in posts),
    ]
    return suggestions[:MAX_RESULTS]


def suggest_post(post: Post) -> LinkSuggestion:
    """Return the suggestion to link to `post`."""
    return LinkSuggestion(post.title, post.get_absolute_url(), "Post", not post.is_published)


def filter_by_words[M: Model](rows: QuerySet[M], field: str, words: list[str]) -> QuerySet[M]:
    """Return up to MAX_RESULTS of `rows` whose `field` contains each of `words`, as `fold` sees them."""
    for word in words:
        rows = rows.filter(**{f"{field}__contains_folded": word})
    return rows[:MAX_RESULTS]


def newest_posts() -> PostQuerySet:
    """Return the posts outside the trash for suggestions: drafts first, then the newest."""
    newest_first = F("published_at").desc(nulls_last=True)
    return Post.objects.not_trashed().order_by(newest_first, "-pk").defer(*LARGE_FIELDS)
