"""The blog's public pages."""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from analytics.visitors import is_human_on_site
from blog import seo
from blog.models import Category, Post, PostQuerySet, Series, Tag, public_authors
from blog.models.views import count_view as add_view
from publishing.visibility import preview_response, set_private_headers, visible_to

POSTS_PER_PAGE = 10
# What the page of a post shows of other tables, fetched with it.
SHOWN_WITH_POST = ("featured_image", f"primary_category__{seo.ABOVE}", "author__photo", "series")
LARGEST_KEY = 2**63 - 1


def _list(
    request: HttpRequest,
    template: str,
    posts: PostQuerySet,
    describe: Callable[[Page], seo.PageMeta],
    context: dict[str, Any],
    *,
    may_be_empty: bool = True,
    count: int | None = None,
) -> HttpResponse:
    """Render one page of `posts`, of which there are `count` if the view knows.

    404 when there is no such page, or no post where there must be one.
    """
    paginator = Paginator(posts.newest_first().for_cards(), POSTS_PER_PAGE, allow_empty_first_page=may_be_empty)
    if count is not None:
        paginator.count = count
    number = request.GET.get("page", "1")
    # isdecimal() alone takes other scripts' digits; the length bounds what int() must read.
    if not (number.isascii() and number.isdecimal() and len(number) < 8 and int(number) in paginator.page_range):
        raise Http404
    page = paginator.page(int(number))
    return render(request, template, {"page": page, "meta": describe(page), **context})


@require_safe
def post_list(request: HttpRequest) -> HttpResponse:
    """All posts, newest first."""
    return _list(request, "blog/post_list.html", Post.objects.published(), seo.of_post_list, {})


@require_safe
def post_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """A post. Those who may change posts also see drafts here, marked and never cached."""
    posts = visible_to(request, Post.objects.select_related(*SHOWN_WITH_POST).with_tags())
    post = get_object_or_404(posts, slug=slug)
    post.take_tags()
    context = {"post": post, "around": post.surroundings(), "meta": seo.of_post(post)}
    response = render(request, "blog/post_detail.html", context)
    return response if post.is_published else set_private_headers(response)


@require_POST
@csrf_exempt  # it takes nothing but the number in its address, and counts only what our own pages send
def count_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Count one view of a public post by a human visitor. Always answer 204."""
    if pk <= LARGEST_KEY and is_human_on_site(request) and Post.objects.published().filter(pk=pk).exists():
        add_view(pk)
    return HttpResponse(status=204)


@require_safe
def preview(request: HttpRequest, token: str) -> HttpResponse:
    """A draft for those who have its secret link; once it is public, the link leads to the post."""

    def show(post: Post) -> HttpResponse:
        context = {"post": post, "around": post.surroundings(), "meta": seo.of_post(post), "is_preview": True}
        return render(request, "blog/post_detail.html", context)

    return preview_response(Post.objects.select_related(*SHOWN_WITH_POST), token, show)


@require_safe
def category(request: HttpRequest, path: str) -> HttpResponse:
    """The posts in a category and below it."""
    category = get_object_or_404(Category.objects.select_related("image", seo.ABOVE), path=f"{path}/")
    feed = reverse("blog:category_feed", args=[path])
    context = {"category": category, "feed": feed}
    posts = Post.objects.published().in_category(category)
    return _list(request, "blog/category.html", posts, partial(seo.of_category, category), context)


@require_safe
def tag(request: HttpRequest, slug: str) -> HttpResponse:
    """The posts that carry a tag; 404 while it names nothing public."""
    tag = get_object_or_404(Tag, slug=slug)
    context = {"tag": tag, "feed": reverse("blog:tag_feed", args=[slug])}
    posts, describe = Post.objects.published().filter(tags=tag), partial(seo.of_tag, tag)
    return _list(request, "blog/tag.html", posts, describe, context, may_be_empty=False)


@require_safe
def series(request: HttpRequest, slug: str) -> HttpResponse:
    """The public parts of a series in their order; 404 while it has none."""
    series = get_object_or_404(Series.objects.select_related("image"), slug=slug)
    parts = list(series.parts().for_cards())
    if not parts:
        raise Http404
    context = {"series": series, "parts": parts, "meta": seo.of_series(series, parts)}
    return render(request, "blog/series.html", context)


@require_safe
def author(request: HttpRequest, slug: str) -> HttpResponse:
    """An author's profile and posts; 404 for those whom neither a public post nor the frame names."""
    authors = public_authors().select_related("photo").prefetch_related("qualifications", "links")
    author = get_object_or_404(authors, slug=slug)
    posts, describe = Post.objects.published().filter(author=author), partial(seo.of_author, author)
    context = {"author": author, "feed": reverse("blog:author_feed", args=[slug])}
    return _list(request, "blog/author.html", posts, describe, context, count=author.post_count)


@require_safe
def year(request: HttpRequest, year: int) -> HttpResponse:
    """The posts of a year, with its months; 404 when it has none."""
    posts = Post.objects.published().in_year(year) if year else Post.objects.none()
    describe = partial(seo.of_year, year)
    return _list(request, "blog/archive.html", posts, describe, {"year": year}, may_be_empty=False)


@require_safe
def month(request: HttpRequest, year: str, month: str) -> HttpResponse:
    """The posts of a month; 404 when it has none."""
    if not int(year):
        raise Http404
    first_day = date(int(year), int(month), 1)
    posts = Post.objects.published().in_month(first_day)
    context = {"year": int(year), "first_day": first_day}
    describe = partial(seo.of_month, first_day)
    return _list(request, "blog/archive.html", posts, describe, context, may_be_empty=False)
