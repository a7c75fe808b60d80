"""The public pages of the blog."""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from analytics.visitors import is_human_on_site
from blog import seo
from blog.gifts import gift_of
from blog.home_programs import has_home_program
from blog.models import Category, Post, PostQuerySet
from blog.models.view_counts import count_view as add_view
from blog.ordered_posts import OrderedPosts
from blog.visibility import public_authors, public_series, public_tags
from pagecache.per_version import once_per_version
from pagecache.responses import allow_parameters
from pagecache.versions import versions_of
from plaintext.numbers import parse_page_number
from public_forms.client_counts import counts_today
from publishing.review_queue import texts_reviewed_by
from publishing.visibility import preview_response, set_private_headers, visible_to
from siteinfo.seo import PageMeta

POSTS_PER_PAGE = 10
LARGEST_PK = 2**63 - 1
# The views of a post that count for one network and day. A household or an office reads it that often at most.
MAX_VIEWS_COUNTED = 30


def render_post_list(
    request: HttpRequest,
    template: str,
    posts: PostQuerySet,
    make_meta: Callable[[Page], PageMeta],
    context: dict[str, Any],
    *,
    allow_empty: bool = True,
    query: str = "",
) -> HttpResponse:
    """Render the page of `posts` that the request asks for. Raise Http404 if there is no such page.

    `query` is the part of the URL's query that narrows the list down.
    """
    ordered: Any = OrderedPosts(request, posts.newest_first(), f"{request.path}?{query}")
    paginator: Paginator[Post] = Paginator(ordered, POSTS_PER_PAGE, allow_empty_first_page=allow_empty)
    number = parse_page_number(request.GET.get("page", "1"))
    if number is None or number not in paginator.page_range:
        raise Http404
    page = paginator.page(number)
    response = render(request, template, {"page": page, "meta": make_meta(page), **context})
    return allow_parameters(response, "page")


def post_context(post: Post, meta: PageMeta | None = None, *, is_preview: bool = False) -> dict[str, Any]:
    """Return the template context of a post's page. With `is_preview`, the text may be unsaved."""
    return {
        "post": post,
        "tags": SimpleLazyObject(lambda: list(post.tags.all())),
        "series_part": post.series_part(),
        "meta": meta or seo.post_meta(post, is_public=not is_preview),
        "is_preview": is_preview,
        "has_home_program": not is_preview and has_home_program(post),
        "gift": gift_of(post),
    }


def _posts_with_relations() -> PostQuerySet:
    """Return all posts, loaded with what their pages show."""
    return Post.objects.select_related(
        "featured_image", f"primary_category__{seo.CATEGORY_ANCESTORS}", "author__portrait", "series"
    )


@require_safe
def post_list(request: HttpRequest) -> HttpResponse:
    """List all posts, newest first."""
    return render_post_list(request, "blog/post_list.html", Post.objects.published(), seo.post_list_meta, {})


@require_safe
def post_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a post. Users who may change posts also see drafts, which are marked and never cached."""
    post = get_object_or_404(visible_to(request, _posts_with_relations()), slug=slug)
    if not post.is_published:
        return set_private_headers(render(request, "blog/post_detail.html", post_context(post)))
    version = versions_of(request).page
    meta = once_per_version(request, ("post meta", post.pk), lambda: seo.post_meta(post), version)
    return render(request, "blog/post_detail.html", post_context(post, meta))


@require_POST
@csrf_exempt  # only counts requests from pages on this site
def count_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Count one view of a public post by a human visitor. Always return 204."""
    if (
        pk <= LARGEST_PK
        and is_human_on_site(request)
        and counts_today(request, f"view {pk}", limit=MAX_VIEWS_COUNTED)
        and Post.objects.published().filter(pk=pk).exists()
    ):
        add_view(pk)
    return HttpResponse(status=204)


@require_safe
def preview(request: HttpRequest, token: str) -> HttpResponse:
    """Show a draft by its preview link, which redirects to the post once it is public."""

    def show(post: Post) -> HttpResponse:
        context = post_context(post, is_preview=True) | {"has_preview_link": True}
        return render(request, "blog/post_detail.html", context)

    return preview_response(_posts_with_relations(), token, show)


@require_safe
def category(request: HttpRequest, path: str) -> HttpResponse:
    """List the posts of a category and its subcategories."""
    category = get_object_or_404(Category.objects.select_related("image", seo.CATEGORY_ANCESTORS), path=f"{path}/")
    context = {"category": category, "feed": reverse("blog:category_feed", args=[path])}
    posts = Post.objects.published().in_category(category)
    return render_post_list(request, "blog/category.html", posts, partial(seo.category_meta, category), context)


@require_safe
def tag(request: HttpRequest, slug: str) -> HttpResponse:
    """List the posts with a tag."""
    tag = get_object_or_404(public_tags(), slug=slug)
    context = {"tag": tag, "feed": reverse("blog:tag_feed", args=[slug])}
    posts = Post.objects.published().filter(tags=tag)
    return render_post_list(request, "blog/tag.html", posts, partial(seo.tag_meta, tag), context)


@require_safe
def series(request: HttpRequest, slug: str) -> HttpResponse:
    """List the parts of a series in order."""
    series = get_object_or_404(public_series().select_related("image"), slug=slug)
    parts = list(Post.objects.published().filter(series=series).in_series_order().for_cards())
    context = {"series": series, "parts": parts, "meta": seo.series_meta(series, parts)}
    return render(request, "blog/series.html", context)


@require_safe
def author(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the profile of an author or reviewer, and list their posts and what they reviewed."""
    authors = public_authors().select_related("portrait").prefetch_related("qualifications", "links")
    author = get_object_or_404(authors, slug=slug)
    context = {
        "author": author,
        "feed": reverse("blog:author_feed", args=[slug]),
        "reviewed_texts": texts_reviewed_by(author),
    }
    posts = Post.objects.published().filter(author=author)
    return render_post_list(request, "blog/author.html", posts, partial(seo.author_meta, author), context)


@require_safe
def archive_index(request: HttpRequest) -> HttpResponse:
    """List all months with posts."""
    context = {"months": Post.objects.published().archive_counts().months, "meta": seo.archive_index_meta()}
    return render(request, "blog/archive_index.html", context)


@require_safe
def year(request: HttpRequest, year: int) -> HttpResponse:
    """List the posts of a year."""
    if not year:
        raise Http404
    posts = Post.objects.published().in_year(year)
    make_meta = partial(seo.year_meta, year)
    return render_post_list(request, "blog/archive.html", posts, make_meta, {"year": year}, allow_empty=False)


@require_safe
def month(request: HttpRequest, year: str, month: str) -> HttpResponse:
    """List the posts of a month."""
    if not int(year):
        raise Http404
    first_day = date(int(year), int(month), 1)
    posts = Post.objects.published().in_month(first_day)
    context = {"year": int(year), "first_day": first_day}
    make_meta = partial(seo.month_meta, first_day)
    return render_post_list(request, "blog/archive.html", posts, make_meta, context, allow_empty=False)
