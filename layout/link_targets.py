"""Find the page, category or post behind a URL on this site, so that a link follows it when the URL changes."""

from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.urls import Resolver404, resolve

from accounts.models import Author
from blog.internal_links import broken_reasons
from blog.models import Category, Post, Series, Tag
from exercises.models import BodyRegion, Condition, Goal
from pages.models import Page, validate_link
from plaintext.characters import is_plain_line
from publishing.document_paths import documents_at

MAX_URL_LENGTH = 500
# URLs that resolve for any month or slug, so that the database must say whether something is there.
_DATE_ARCHIVES = {"blog:year", "blog:month"}
_SLUG_MODELS: dict[str, Any] = {
    "blog:tag": Tag,
    "blog:author": Author,
    "blog:series": Series,
    **{model.url_name: model for model in (BodyRegion, Condition, Goal)},
}


def find_target(url: str) -> Page | Category | Post | None:
    """Return the page, category or post at `url`, or None for any other valid URL.

    Raises ValidationError for an invalid URL and for a URL on this site that does not exist.
    """
    validate_link(url)
    if len(url) > MAX_URL_LENGTH or not is_plain_line(url):
        raise ValidationError("This URL is too long or contains invalid characters.")
    try:
        parts = urlsplit(_strip_site_url(url))
    except ValueError as error:  # such as http://[
        raise ValidationError("Enter a valid URL or path.") from error
    if parts.scheme or parts.netloc or not parts.path:
        return None
    target, exists = _resolve(unquote(parts.path))
    if not exists:
        raise ValidationError(f"There is no page at {url} on this site. Search for its title instead.")
    # A link with a query or an anchor points to a part of the page, which only the URL can express.
    return None if parts.query or parts.fragment else target


def _resolve(path: str) -> tuple[Page | Category | Post | None, bool]:
    """Return what a link to `path` can follow, and whether anything is there."""
    try:
        match = resolve(path)
    except Resolver404:
        return None, False
    if match.view_name == "document":
        documents: list[Any] = [row for row in documents_at([match.kwargs["path"]]) if row.trashed_at is None]
        return (documents[0], True) if documents else (None, False)
    if match.view_name == "blog:category":
        category = Category.objects.filter(path=f"{match.kwargs['path']}/").first()
        return category, category is not None
    if match.view_name in _SLUG_MODELS:
        return None, _SLUG_MODELS[match.view_name].objects.filter(slug=match.kwargs["slug"]).exists()
    if match.view_name in _DATE_ARCHIVES:
        return None, not broken_reasons({path.strip("/")})
    return None, True


def _strip_site_url(url: str) -> str:
    """Return the path of an absolute URL on this site, or any other URL unchanged."""
    rest = url.removeprefix(settings.SITE_URL)
    # Not https://example.com.au where the site is https://example.com.
    return rest or "/" if rest[:1] in {"", "/", "?", "#"} else url
