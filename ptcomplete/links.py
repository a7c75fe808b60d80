"""What a link in a text may lead to within the site: the answers of the editor's link dialog."""

from itertools import chain
from typing import NamedTuple

from django.db.models import F, Model, QuerySet
from django.http import HttpRequest, JsonResponse
from django.urls import reverse

from blog.models import Category, Post
from siteinfo.policies import POLICIES

MOST = 8


class Place(NamedTuple):
    """A page of the site: its name, its address from the root, what it is, and whether readers must wait for it."""

    title: str
    address: str
    kind: str
    is_draft: bool = False


def search(request: HttpRequest) -> JsonResponse:
    """Up to 8 places whose name holds each word of `q`; the newest posts when there is none. Two queries."""
    words = request.GET.get("q", "")[:200].split()[:8]
    return JsonResponse({"places": [place._asdict() for place in find(words)]})


def find(words: list[str]) -> list[Place]:
    """Up to 8 places whose name holds each of `words`: pages and categories first, they are few."""
    pages = [
        Place("Home", reverse("home"), "Page"),
        Place("Blog", reverse("blog:post_list"), "Page"),
        *(Place(policy.title, reverse(f"policy-{policy.slug}"), "Page") for policy in POLICIES),
    ]
    pages = [page for page in pages if words and all(word.lower() in page.title.lower() for word in words)]
    categories = _named(Category.objects.order_by("name"), "name", words) if words else []
    newest = F("published_at").desc(nulls_last=True)
    posts = _named(Post.objects.kept().order_by(newest, "-pk").defer("body", "headings"), "title", words)
    found = chain(
        pages,
        (Place(category.name, category.get_absolute_url(), "Category") for category in categories),
        (Place(post.title, post.get_absolute_url(), "Post", not post.is_published) for post in posts),
    )
    return list(found)[:MOST]


def _named[Named: Model](rows: QuerySet[Named], field: str, words: list[str]) -> QuerySet[Named]:
    for word in words:
        rows = rows.filter(**{f"{field}__icontains": word})
    return rows[:MOST]
