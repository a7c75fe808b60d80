"""The answers of the editor's link dialog."""

from django.db.models import F
from django.http import HttpRequest, JsonResponse

from affiliates.models import Link
from blog.models import LARGE_FIELDS, Post
from blog.related_posts import extract_keywords
from pages.places import MOST, Place, find, named, place_of


def search(request: HttpRequest) -> JsonResponse:
    """Up to 8 places whose name holds each word of `q`, paid links among them, in four queries.

    Without words, suggestions for the post that is being written: its `title`, and its key as `post` once it has one.
    """
    words = request.GET.get("q", "")[:200].split()[:8]
    key, title = request.GET.get("post", ""), request.GET.get("title", "")[:200]
    found = _named(words) if words else suggest(int(key) if key.isdecimal() and len(key) < 19 else 0, title)
    return JsonResponse({"places": [place._asdict() for place in found]})


def suggest(key: int, title: str) -> list[Place]:
    """Up to 24 posts for links of the post `key`, which it has not yet: those like it, then the newest.

    More than the dialog shows, since it leaves out what the unsaved text links to.
    """
    post = Post.objects.prefetch_related("tags").filter(pk=key).first() or Post()  # type: ignore[misc]
    post.keywords = extract_keywords([title, post.keywords])
    newest = (
        Post.objects.not_trashed().order_by(F("published_at").desc(nulls_last=True), "-pk").defer(*LARGE_FIELDS)[:MOST]
    )
    linked = {post.slug, *(post.links.values_list("place", flat=True) if post.pk else ())}
    found = dict.fromkeys([*post.similar_posts(2 * MOST), *newest])
    return [place_of(each) for each in found if each.slug not in linked]


def _named(words: list[str]) -> list[Place]:
    paid = (
        Place(link.name, link.get_absolute_url(), "Paid link") for link in named(Link.objects.live(), "name", words)
    )
    return [*paid, *find(words)][:MOST]
