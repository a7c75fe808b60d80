"""What lies at an address of this site, so that a link can follow it wherever it moves."""

from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.urls import Resolver404, resolve

from accounts.models import Author
from blog.internal_links import broken_reasons
from blog.models import Category, Post, Series, Tag
from pages.models import Page, validate_link
from publishing.document_paths import documents_at

LONGEST = 500
# Lists of which the URL table knows the shape only.
_MONTHS = {"blog:year", "blog:month"}
_LISTS: dict[str, Any] = {"blog:tag": Tag, "blog:author": Author, "blog:series": Series}


def at(address: str) -> Page | Category | Post | None:
    """The page, category or post at `address`; None at any other address that is good.

    Raise ValidationError for what is no address, and for one of this site where there is nothing.
    """
    validate_link(address)
    if len(address) > LONGEST or not address.isprintable():
        raise ValidationError("No address looks like this: it is too long, or holds signs that nobody can type.")
    try:
        parts = urlsplit(_without_site(address))
    except ValueError as error:  # such as http://[
        raise ValidationError("This is no address.") from error
    if parts.scheme or parts.netloc or not parts.path:
        return None
    nothing = ValidationError(f"There is nothing at {address} on this site. Look for its title instead.")
    path = unquote(parts.path)
    try:
        match = resolve(path)
    except Resolver404:
        raise nothing from None
    found: list[Any] = [None]
    if match.view_name == "document":
        found = [each for each in documents_at([match.kwargs["path"]]) if each.trashed_at is None]
    elif match.view_name == "blog:category":
        found = list(Category.objects.filter(path=f"{match.kwargs['path']}/"))
    elif match.view_name in _LISTS:
        found = [None] if _LISTS[match.view_name].objects.filter(slug=match.kwargs["slug"]).exists() else []
    elif match.view_name in _MONTHS and broken_reasons({path.strip("/")}):
        found = []
    if not found:
        raise nothing
    # A row leads to the whole of what it is kept as; a part of a page is kept as it is typed.
    return None if parts.query or parts.fragment else found[0]


def _without_site(address: str) -> str:
    """The path of a whole address of this site; any other address as it is, such as one of example.com.au."""
    rest = address.removeprefix(settings.SITE_URL)
    return rest or "/" if rest[:1] in {"", "/", "?", "#"} else address
