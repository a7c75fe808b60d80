"""The blog's public pages."""

from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.models import Author
from blog.models import Category, Post, PostQuerySet, Series, Tag
from drafts import previews

POSTS_PER_PAGE = 10


def _list(
    request: HttpRequest, template: str, posts: PostQuerySet, context: dict[str, Any], *, may_be_empty: bool = True
) -> HttpResponse:
    """Render one page of `posts`; 404 when there is no such page, or no post where there must be one."""
    paginator = Paginator(posts.newest_first().for_cards(), POSTS_PER_PAGE, allow_empty_first_page=may_be_empty)
    number = request.GET.get("page", "1")
    # isdecimal() alone takes other scripts' digits; the length bounds what int() must read.
    if not (number.isascii() and number.isdecimal() and len(number) < 8 and int(number) in paginator.page_range):
        raise Http404
    page = paginator.page(int(number))
    suffix = f"?page={number}" if page.number > 1 else ""
    return render(request, template, {"page": page, "page_suffix": suffix, **context})


@require_safe
def post_list(request: HttpRequest) -> HttpResponse:
    """All posts, newest first."""
    return _list(request, "blog/post_list.html", Post.objects.published(), {})


@require_safe
def post_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """A post. Those who may change posts also see drafts here, marked and never cached."""
    may_preview = request.COOKIES and request.user.has_perm("blog.change_post")
    posts = Post.objects.kept() if may_preview else Post.objects.published()
    post = get_object_or_404(
        posts.select_related("featured_image", "topic__parent", "author__photo", "series").prefetch_related("tags"),  # type: ignore[misc]
        slug=slug,
    )
    around = post.surroundings() if post.published_at else None
    response = render(request, "blog/post_detail.html", {"post": post, "around": around})
    if not post.is_published:
        response["Cache-Control"] = "private, no-store"
        response["X-Robots-Tag"] = "noindex"
    return response


@require_safe
def preview(request: HttpRequest, token: str) -> HttpResponse:
    """A draft for those who have its secret link; once it is public, the link leads to the post."""
    post = previews.find(
        Post.objects.select_related("featured_image", "topic__parent", "author__photo", "series"), token
    )
    if post is None:
        raise Http404
    if post.is_published:
        return HttpResponsePermanentRedirect(post.get_absolute_url())
    response = render(request, "blog/post_detail.html", {"post": post, "around": None, "is_preview": True})
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "no-referrer"  # the address is the key
    return response


@require_safe
def category(request: HttpRequest, path: str) -> HttpResponse:
    """The posts in a category and below it."""
    category = get_object_or_404(Category.objects.select_related("image", "parent"), path=f"{path}/")
    feed = reverse("blog:category_feed", args=[path])
    context = {"category": category, "feed": feed}
    return _list(request, "blog/category.html", Post.objects.published().in_category(category), context)


@require_safe
def tag(request: HttpRequest, slug: str) -> HttpResponse:
    """The posts that carry a tag; 404 while it names nothing public."""
    tag = get_object_or_404(Tag, slug=slug)
    context = {"tag": tag, "feed": reverse("blog:tag_feed", args=[slug])}
    return _list(request, "blog/tag.html", Post.objects.published().filter(tags=tag), context, may_be_empty=False)


@require_safe
def series(request: HttpRequest, slug: str) -> HttpResponse:
    """The public parts of a series in their order; 404 while it has none."""
    series = get_object_or_404(Series.objects.select_related("image"), slug=slug)
    parts = list(series.parts().for_cards())
    if not parts:
        raise Http404
    return render(request, "blog/series.html", {"series": series, "parts": parts})


@require_safe
def author(request: HttpRequest, slug: str) -> HttpResponse:
    """An author's profile and posts; 404 for those whom neither a public post nor the frame names."""
    writes = Exists(Post.objects.published().filter(author=OuterRef("pk")))
    in_frame = Q(pk__in=Author.objects.values("pk")[:1])
    authors = (
        Author.objects.filter(writes | in_frame).select_related("photo").prefetch_related("qualifications", "links")
    )
    author = get_object_or_404(authors, slug=slug)
    return _list(request, "blog/author.html", Post.objects.published().filter(author=author), {"author": author})


@require_safe
def year(request: HttpRequest, year: int) -> HttpResponse:
    """The posts of a year, with its months; 404 when it has none."""
    posts = Post.objects.published().in_year(year) if year else Post.objects.none()
    return _list(request, "blog/archive.html", posts, {"year": year}, may_be_empty=False)


@require_safe
def month(request: HttpRequest, year: str, month: str) -> HttpResponse:
    """The posts of a month; 404 when it has none."""
    if not int(year):
        raise Http404
    first_day = date(int(year), int(month), 1)
    posts = Post.objects.published().in_month(first_day)
    context = {"year": int(year), "first_day": first_day}
    return _list(request, "blog/archive.html", posts, context, may_be_empty=False)
