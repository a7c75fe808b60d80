"""The search behind the editor's link dialog."""

from itertools import chain

from django.db.models import F
from django.http import HttpRequest, JsonResponse

from affiliates.models import Link
from blog.models import LARGE_FIELDS, Post
from blog.related_posts import extract_keywords
from pages.link_search import MAX_RESULTS, LinkSuggestion, filter_by_words, search_links, suggest_post
from plaintext.numbers import parse_pk


def search(request: HttpRequest) -> JsonResponse:
    """Return link suggestions for the words in `q`, affiliate links included.

    Without `q`, suggest posts for the one being written, given by its `title` and, once it is saved, its pk as `post`.
    """
    words = request.GET.get("q", "")[:200].split()[:8]
    if words:
        suggestions = _search_all(words)
    else:
        pk = request.GET.get("post", "")
        post_pk = parse_pk(pk) or 0
        suggestions = suggest_links(post_pk, request.GET.get("title", "")[:200])
    return JsonResponse({"suggestions": [suggestion._asdict() for suggestion in suggestions]})


def suggest_links(post_pk: int, title: str) -> list[LinkSuggestion]:
    """Return posts that a post could link to but does not: similar ones, then the newest.

    There are more than the dialog shows, since it drops those that the unsaved text links to.
    """
    post = Post.objects.prefetch_related("tags").filter(pk=post_pk).first() or Post()  # type: ignore[misc]
    post.keywords = extract_keywords([title, post.keywords])
    newest_first = F("published_at").desc(nulls_last=True)
    newest = Post.objects.not_trashed().order_by(newest_first, "-pk").defer(*LARGE_FIELDS)[:MAX_RESULTS]
    linked_paths = {post.slug, *(post.outgoing_references.values_list("path", flat=True) if post.pk else ())}
    candidates = dict.fromkeys(chain(post.similar_posts(2 * MAX_RESULTS), newest))
    return [suggest_post(candidate) for candidate in candidates if candidate.slug not in linked_paths]


def _search_all(words: list[str]) -> list[LinkSuggestion]:
    kind = str(Link._meta.verbose_name).capitalize()
    links = filter_by_words(Link.objects.active(), "name", words)
    affiliate_links = [LinkSuggestion(link.name, link.get_absolute_url(), kind) for link in links]
    return [*affiliate_links, *search_links(words)][:MAX_RESULTS]
