"""The search behind the editor's link dialog."""

from itertools import chain

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, JsonResponse

from accounts.models import User
from affiliates.models import Link
from blog.models import Post
from blog.related_posts import extract_keywords
from pages.link_search import MAX_RESULTS, LinkSuggestion, filter_by_words, newest_posts, search_links, suggest_post
from plaintext.numbers import parse_pk
from publishing.visibility import linkable_by

# Any of them allows searching: each belongs to a form with the editor.
WRITING_PERMISSIONS = (
    "blog.add_post",
    "blog.change_post",
    "blog.change_snippet",
    "blog.change_posttemplate",
    "pages.add_page",
    "pages.change_page",
    "newsletter.add_campaign",
    "newsletter.change_campaign",
    "accounts.change_author",
)


def search(request: HttpRequest) -> JsonResponse:
    """Return link suggestions for the words in `q`, affiliate links included.

    Without `q`, suggest posts for the one being written, given by its `title` and, once it is saved, its pk as `post`.
    """
    if not any(request.user.has_perm(permission) for permission in WRITING_PERMISSIONS):
        raise PermissionDenied
    words = request.GET.get("q", "")[:200].split()[:8]
    if words:
        suggestions = _search_all(words, request.user)
    else:
        pk = request.GET.get("post", "")
        post_pk = parse_pk(pk) or 0
        suggestions = suggest_links(post_pk, request.GET.get("title", "")[:200], request.user)
    return JsonResponse({"suggestions": [suggestion._asdict() for suggestion in suggestions]})


def suggest_links(post_pk: int, title: str, user: User | AnonymousUser) -> list[LinkSuggestion]:
    """Return posts that a post could link to but does not: similar ones, then the newest.

    There are more than the dialog shows, since it drops those that the unsaved text links to.
    """
    readable = Post.objects.readable_by(user)
    post = readable.prefetch_related("tags").filter(pk=post_pk).first() or Post()  # type: ignore[misc]
    post.keywords = extract_keywords([title, post.keywords])
    newest = linkable_by(user, newest_posts())[:MAX_RESULTS]
    linked_paths = {post.slug, *(post.outgoing_references.values_list("path", flat=True) if post.pk else ())}
    candidates = dict.fromkeys(chain(post.similar_posts(2 * MAX_RESULTS), newest))
    return [suggest_post(candidate) for candidate in candidates if candidate.slug not in linked_paths]


def _search_all(words: list[str], user: User | AnonymousUser) -> list[LinkSuggestion]:
    kind = str(Link._meta.verbose_name).capitalize()
    links = filter_by_words(Link.objects.active(), "name", words)
    affiliate_links = [LinkSuggestion(link.name, link.get_absolute_url(), kind) for link in links]
    return [*affiliate_links, *search_links(words, user)][:MAX_RESULTS]
