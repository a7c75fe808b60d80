"""Public pages."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.models import Author
from pagecache.responses import depend_on_texts
from pages.editorial_process import editorial_process
from pages.models import Page, Service
from pages.seo import page_meta
from privacy.registry import register
from publishing.visibility import preview_response, set_private_headers, visible_to

# Visitors see the contact page through the contact app, so its template only serves previews.
_TEMPLATES = {
    Page.Role.ABOUT: "pages/about.html",
    Page.Role.SERVICES: "pages/services.html",
    Page.Role.CONTACT: "pages/contact.html",
    Page.Role.HEALTH_DATA: "pages/health_data.html",
    Page.Role.EDITORIAL: "pages/editorial.html",
}


@require_safe
def page_detail(request: HttpRequest, path: str) -> HttpResponse:
    """Show a page. Users who may change pages also see drafts here, which are never cached."""
    page = get_object_or_404(visible_to(request, Page.objects.select_related("featured_image")), path=path)
    response = render_page(request, page)
    return response if page.is_published else set_private_headers(response)


@require_safe
def preview(request: HttpRequest, token: str) -> HttpResponse:
    """Show a draft to visitors who have its preview link."""

    def show(page: Page) -> HttpResponse:
        return render_page(request, page, is_preview=True, has_preview_link=True)

    return preview_response(Page.objects.all(), token, show)


def render_page(
    request: HttpRequest, page: Page, *, is_preview: bool = False, has_preview_link: bool = False
) -> HttpResponse:
    """Render `page`, which may be unsaved, with the template of its role.

    `is_preview` means that visitors do not have this version, unless they have its link, as with `has_preview_link`.
    """
    context: dict[str, Any] = {}
    if page.role == Page.Role.ABOUT:
        author = Author.objects.prefetch_related("qualifications", "links").site_author()
        context = {"author": author, "portrait": page.featured_image or (author.portrait if author else None)}
    elif page.role == Page.Role.SERVICES:
        context = {"services": list(Service.objects.filter(is_shown=True).select_related("image"))}
    elif page.role == Page.Role.HEALTH_DATA:
        context = {"categories": register.public_categories()}
    elif page.role == Page.Role.EDITORIAL:
        context = {"process": editorial_process()}
    meta = page_meta(page, context.get("author"), context.get("services", ()), is_public=not is_preview)
    # Called `document`, because the layout takes a variable called `page` for a page of a list of posts.
    context |= {"document": page, "meta": meta, "is_preview": is_preview, "has_preview_link": has_preview_link}
    template = _TEMPLATES.get(page.role, "pages/page_detail.html")  # type: ignore[call-overload]
    response = render(request, template, context)
    # The figures of the editorial process change with every text.
    return depend_on_texts(response) if page.role == Page.Role.EDITORIAL else response
