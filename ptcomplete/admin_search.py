"""Finding anything in the admin by words: texts, images and people that the user may open, pages, and what to add."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django.contrib.admin import AdminSite, ModelAdmin
from django.db.models import Model, Q
from django.http import HttpRequest

from affiliates.models import Product
from blog.models import Category, Post
from images.models import Image
from newsletter.models import Campaign, Subscriber
from pages.models import Page
from plaintext.characters import strip_control_characters
from plaintext.folding import fold
from siteinfo.urls import admin_url

MIN_CHARACTERS = 2
MAX_ROWS = 5  # of each model

# Models with the fields that are searched. The first one is shown.
SEARCHED: tuple[tuple[type[Model], tuple[str, ...]], ...] = (
    (Post, ("title",)),
    (Page, ("title",)),
    (Image, ("title", "alt")),
    (Campaign, ("subject",)),
    (Subscriber, ("normalized_email", "name")),
    (Category, ("name",)),
    (Product, ("name",)),
)


class Result(NamedTuple):
    """Something to open."""

    title: str
    kind: str
    url: str


def search_admin(admin_site: AdminSite, request: HttpRequest, text: str) -> list[Result]:
    """Return what the user may open and contains each word of `text`. Without words, return pages and what to add."""
    words = strip_control_characters(text)[:100].split()[:8]
    models = [model for app in admin_site.get_app_list(request) for model in app["models"]]
    named = [result for result in _pages(models) if all(fold(word) in fold(result.title) for word in words)]
    if len("".join(words)) < MIN_CHARACTERS:
        return named
    found = [result for model, fields in SEARCHED for result in _rows(admin_site, request, model, fields, words)]
    return [*named[:MAX_ROWS], *found]


def _pages(models: Iterable[dict[str, Any]]) -> Iterator[Result]:
    """Yield the forms to add something, then the lists and the settings."""
    models = list(models)
    for model in models:
        if model["add_url"]:
            yield Result(f"New {model['model']._meta.verbose_name}", "Action", model["add_url"])
    for model in models:
        if model["admin_url"]:
            name = str(model["name"])
            yield Result(f"{name[:1].upper()}{name[1:]}", "Page of the admin", model["admin_url"])


def _rows(
    admin_site: AdminSite, request: HttpRequest, model: type[Model], fields: tuple[str, ...], words: list[str]
) -> Iterator[Result]:
    """Yield the rows of `model` that the user finds in its list, in one query."""
    model_admin: ModelAdmin[Any] = admin_site.get_model_admin(model)
    if not model_admin.has_view_or_change_permission(request):
        return
    rows: Any = model_admin.get_queryset(request)
    if hasattr(rows, "not_trashed"):
        rows = rows.not_trashed()
    for word in words:
        conditions = Q()
        for field in fields:
            conditions |= Q(**{f"{field}__contains_folded": word})
        rows = rows.filter(conditions)
    kind = str(model._meta.verbose_name).capitalize()
    for pk, title in rows.order_by("-pk").values_list("pk", fields[0])[:MAX_ROWS]:
        yield Result(title, kind, admin_url(model, "change", pk))
