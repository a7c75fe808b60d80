"""Template variables with the images of the whole site."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from images.models import SiteImages
from pagecache.per_version import once_per_version


def get_site_images(request: HttpRequest) -> SiteImages:
    """Return logo, hero image and the others, shared by all requests until the site changes."""
    found: SiteImages | None = getattr(request, "site_images", None)
    if found is None:
        found = once_per_version(request, "site images", SiteImages.load)
        request.site_images = found  # type: ignore[attr-defined]
    return found


def site_images(request: HttpRequest) -> dict[str, Any]:
    """Provide `site_images`, loaded when a template first uses it."""
    return {"site_images": SimpleLazyObject(lambda: get_site_images(request))}
