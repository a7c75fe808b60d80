"""What a link in a text may lead to within the site: the answers of the editor's link dialog."""

from itertools import chain
from typing import NamedTuple

from django.db.models import F, Model, QuerySet
from django.http import HttpRequest, JsonResponse
from django.urls import reverse

from blog.likeness import telling_words
from blog.models import OFF_LISTS, Category, Post
from pages.models import Page

MOST = 8


class Place(NamedTuple):
    """A page of the site: its name, its address from the root, what it is, and whether readers must wait for it."""

    title: str
    address: str
    kind: str
    is_draft: bool = False


def search(request: HttpRequest) -> JsonResponse:
    """Up to 8 places whose name holds each word of `q`, in three queries.

    Without words, suggestions for the post that is being written: its `title`, and its key as `post` once it has one.
    """
    words = request.GET.get("q", "")[:200].split()[:8]
    key, title = request.GET.get("post", ""), request.GET.get("title", "")[:200]
    found = find(words) if words else suggest(int(key) if key.isdecimal() and len(key) < 19 else 0, title)
    return JsonResponse({"places": [place._asdict() for place in found]})


def suggest(key: int, title: str) -> list[Place]:
    """Up to 24 posts for links of the post `key`, which it has not yet: those like it, then the newest.

    More than the dialog shows, since it leaves out what the unsaved text links to.
    """
    post = Post.objects.prefetch_related("tags").filter(pk=key).first() or Post()  # type: ignore[misc]
    post.keywords = telling_words([title, post.keywords])
    newest = Post.objects.kept().order_by(F("published_at").desc(nulls_last=True), "-pk").defer(*OFF_LISTS)[:MOST]
    linked = {post.slug, *(post.links.values_list("place", flat=True) if post.pk else ())}
    found = dict.fromkeys([*post.alike(2 * MOST), *newest])
    return [_place(each) for each in found if each.slug not in linked]


def find(words: list[str]) -> list[Place]:
    """Up to 8 places whose name holds each of `words`: pages and categories first, they are few."""
    pages = [
        Place("Home", reverse("home"), "Page"),
        Place("Blog", reverse("blog:post_list"), "Page"),
    ]
    pages = [page for page in pages if words and all(word.lower() in page.title.lower() for word in words)]
    own = _named(Page.objects.kept().in_order().without_text(), "title", words) if words else []
    categories = _named(Category.objects.order_by("name"), "name", words) if words else []
    newest = F("published_at").desc(nulls_last=True)
    posts = _named(Post.objects.kept().order_by(newest, "-pk").defer(*OFF_LISTS), "title", words)
    found = chain(
        pages,
        (Place(page.title, page.get_absolute_url(), "Page", not page.is_published) for page in own),
        (Place(category.name, category.get_absolute_url(), "Category") for category in categories),
        map(_place, posts),
    )
    return list(found)[:MOST]


def _place(post: Post) -> Place:
    return Place(post.title, post.get_absolute_url(), "Post", not post.is_published)


def _named[Named: Model](rows: QuerySet[Named], field: str, words: list[str]) -> QuerySet[Named]:
    for word in words:
        rows = rows.filter(**{f"{field}__icontains": word})
    return rows[:MOST]
