"""Template tags for ads."""

from typing import Any

from django import template
from django.http import HttpRequest
from django.template import RequestContext
from django.utils import timezone

from ads.models import LABEL, Ad, choose_ad
from blog.models import Category, Post
from pagecache.per_version import once_per_version

register = template.Library()


@register.simple_tag(takes_context=True)
def ad(context: RequestContext, placement: str) -> Ad | None:
    """Return the ad for `placement` on this page, or None. One query for all placements of a page.

    The post or category of the page is taken from the context.
    """
    request = context.get("request")
    if request is None:
        return None
    post, category = context.get("post"), context.get("category")
    key = (post and post.pk, category and category.pk)
    candidates: dict[Any, list[Ad]] = request.__dict__.setdefault("candidate_ads", {})
    if key not in candidates:
        candidates[key] = _load_ads(request, post or None, category or None)
    return choose_ad(candidates[key], placement, request.path, timezone.localdate())


def _load_ads(request: HttpRequest, post: Post | None, category: Category | None) -> list[Ad]:
    if not once_per_version(request, "has-running-ads", lambda: Ad.objects.running().exists()):
        return []
    return list(Ad.objects.running().for_page(post, category).select_related("image"))


@register.simple_tag
def ad_label() -> str:
    """Return the label of every ad."""
    return LABEL
