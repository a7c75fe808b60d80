"""Which pages are counted, and what kind of page each is."""

from functools import lru_cache

from django.conf import settings
from django.urls import Resolver404, resolve


@lru_cache(4096)
def page_type(path: str) -> str:
    """Return the kind of page at `path`, whether it exists or not; "" if its views are not counted."""
    try:
        return str(settings.PAGE_TYPES.get(resolve(path).view_name, ""))
    except Resolver404:
        return ""
