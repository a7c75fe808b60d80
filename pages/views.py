"""The public face of standing pages."""

from typing import Any

from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from pages.models import Page, Service
from pages.seo import of_page
from pages.standing import standing_of
from publishing.visibility import preview_response, set_private_headers, visible_to

# That of the contact page is for its writers: readers are shown it by the room with the form.
_TEMPLATES = {Page.Role.ABOUT: "about", Page.Role.SERVICES: "services", Page.Role.CONTACT: "contact"}


@require_safe
def page_detail(request: HttpRequest, path: str) -> HttpResponse:
    """A page. Those who may change pages also see drafts here, marked and never cached."""
    page = get_object_or_404(visible_to(request, Page.objects.select_related("featured_image")), path=path)
    response = show(request, page)
    return response if page.is_published else set_private_headers(response)


@require_safe
def preview(request: HttpRequest, token: str) -> HttpResponse:
    """A draft for those who have its secret link."""
    return preview_response(Page.objects.all(), token, lambda page: show(request, page, is_preview=True))


def show(request: HttpRequest, page: Page, *, is_preview: bool = False) -> HttpResponse:
    """`page`, which may be unsaved, in the dress of its role; `is_preview` where readers do not have these words."""
    facts: dict[str, Any] = {}
    if page.role == Page.Role.ABOUT:
        author = standing_of(request).author
        prefetch_related_objects([author] if author else [], "qualifications", "links")
        facts = {"author": author, "portrait": page.featured_image or (author.photo if author else None)}
    elif page.role == Page.Role.SERVICES:
        facts = {"services": list(Service.objects.filter(is_shown=True).select_related("image"))}
    above = standing_of(request).above(page)
    meta = of_page(page, above, facts.get("author"), facts.get("services", ()), is_public=not is_preview)
    # Not named `page`: the frame takes whatever has one for a list of the blog.
    context = {"document": page, "meta": meta, "is_preview": is_preview, **facts}
    template = _TEMPLATES.get(page.role, "page_detail")  # type: ignore[call-overload]
    return render(request, f"pages/{template}.html", context)
