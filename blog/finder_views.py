"""“Where does it hurt?”: the public pages of body regions, conditions and goals."""

from typing import Any

from django.core.paginator import Page
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_safe

from blog.finder import KINDS, body_map, narrow_down
from blog.views import render_post_list
from blog.visibility import public_entries
from exercises.models import BodyRegion, Condition, FinderEntry, Goal
from exercises.structured_data import subject_node
from pagecache.per_version import once_per_version
from pagecache.responses import allow_parameters
from siteinfo.seo import Breadcrumb, PageMeta, truncate
from siteinfo.structured_data import node
from siteinfo.urls import absolute_url

TITLE = "Where does it hurt?"


@require_safe
def where_does_it_hurt(request: HttpRequest) -> HttpResponse:
    """Show the body and the list of its regions, conditions and goals. Return 404 while no region has content."""
    context = once_per_version(request, "finder", _index_context)
    if context is None:
        raise Http404
    return render(request, "blog/where_does_it_hurt.html", context)


def _index_context() -> dict[str, Any] | None:
    """Return what the page of the body shows, with the drawing rendered; None without regions."""
    regions = list(public_entries(BodyRegion))
    if not regions:
        return None
    return {
        "finder": render_to_string("exercises/_body_finder.html", {"map": body_map(regions)}),
        "conditions": list(public_entries(Condition)),
        "goals": list(public_entries(Goal)),
        "meta": _index_meta(regions),
    }


@require_safe
def body_region(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the red flags, exercises and posts of a body region."""
    return _entry_page(request, BodyRegion, slug)


@require_safe
def condition(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the exercises and posts about a condition."""
    return _entry_page(request, Condition, slug)


@require_safe
def goal(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the exercises and posts that help to reach a goal."""
    return _entry_page(request, Goal, slug)


def _entry_page(request: HttpRequest, model: type[FinderEntry], slug: str) -> HttpResponse:
    """Show the exercises and posts of an entry, narrowed down by entries of the other kinds. Constant queries."""
    entry = get_object_or_404(public_entries(model), slug=slug)
    found, facets, query = narrow_down(entry, {name: request.GET.get(name, "") for name in KINDS})
    context = {
        "entry": entry,
        "facets": facets,
        "is_narrowed": bool(query),
        "query_string": query,
        "exercises": found.exercises.prefetch_related("images__image"),
        "url": entry.get_absolute_url(),
    }

    def make_meta(page: Page) -> PageMeta:
        return _entry_meta(entry, page, is_narrowed=bool(query))

    response = render_post_list(request, "blog/finder_entry.html", found.posts, make_meta, context, query=query)
    return allow_parameters(response, "page", *KINDS)


def _index_meta(regions: list[BodyRegion]) -> PageMeta:
    names = ", ".join(region.name for region in regions)
    path = reverse("blog:where_does_it_hurt")
    items = [
        node("ListItem", position=position, name=region.name, url=absolute_url(region.get_absolute_url()))
        for position, region in enumerate(regions, start=1)
    ]
    listed = node("ItemList", id=f"{absolute_url(path)}#regions", name=TITLE, itemListElement=items)
    return PageMeta(
        title=TITLE,
        description=truncate(f"Choose where it hurts and find posts, exercises and warning signs: {names}."),
        path=path,
        schema_type="CollectionPage",
        ancestors=(Breadcrumb("Home", reverse("home")),),
        nodes=(listed,),
    )


def _entry_meta(entry: FinderEntry, page: Page, *, is_narrowed: bool) -> PageMeta:
    """Return the metadata of an entry. A narrowed list shows parts of its page, which search engines have already."""
    described = entry.introduction or f"{entry.name}: exercises to do at home, posts to read, and when to get help."
    index = Breadcrumb(TITLE, reverse("blog:where_does_it_hurt"))
    options: dict[str, Any] = {"schema_type": "CollectionPage"}
    if subject := subject_node(entry):
        options = {"schema_type": "MedicalWebPage", "about": (subject,)}
    return PageMeta(
        # Unlike that of a category with the same name.
        title=f"{entry.name}: exercises and posts",
        breadcrumb_title=entry.name,
        description=truncate(described),
        path=entry.get_absolute_url(),
        page_number=page.number,
        ancestors=(Breadcrumb("Home", reverse("home")), index),
        is_indexed=not is_narrowed,
        **options,
    )
