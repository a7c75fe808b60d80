"""Advertisements in templates."""

from typing import Any

from django import template
from django.template import RequestContext
from django.utils import timezone

from ads.models import LABEL, Ad, choose

register = template.Library()


@register.simple_tag(takes_context=True)
def ad(context: RequestContext, place: str) -> Ad | None:
    """The advertisement for `place` on this page, or None. One query for all places of a page.

    The context says what the page is about.
    """
    request = context.get("request")
    if request is None:
        return None
    post, category = context.get("post"), context.get("category")
    key = (post and post.pk, category and category.pk)
    fitting: dict[Any, list[Ad]] = request.__dict__.setdefault("fitting_ads", {})
    if key not in fitting:
        fitting[key] = list(Ad.objects.running().for_page(post or None, category or None).select_related("picture"))
    return choose(fitting[key], place, request.path, timezone.localdate())


@register.simple_tag
def ad_label() -> str:
    """The word that marks every advertisement."""
    return LABEL
