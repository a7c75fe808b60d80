"""The bar on public pages with links to edit them, for people who are signed in to the admin.

The HTML of a page is the same for everyone. A cookie that the admin sets, and visitors never get, makes a script ask
for the bar.
"""

from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.contenttypes.models import ContentType
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.http import require_safe

from analytics.visitors import STAFF_COOKIE as COOKIE
from publishing.document_paths import documents_at
from publishing.models import Document, PendingEdit
from siteinfo.urls import admin_url


def set_cookie(request: HttpRequest, response: HttpResponse) -> None:
    """Set the cookie for a user of the admin who does not have it yet. Scripts must be able to read it."""
    if request.user.is_authenticated and request.user.is_staff and COOKIE not in request.COOKIES:
        response.set_cookie(
            COOKIE,
            "1",
            max_age=settings.SESSION_COOKIE_AGE,
            secure=settings.SESSION_COOKIE_SECURE,
            samesite="Lax",
        )


@require_safe
def edit_bar(request: HttpRequest, admin_site: AdminSite) -> JsonResponse:
    """Return what the bar shows on the page at `path`: only the admin if the user may not open its text."""
    bar: dict[str, Any] = {"stylesheet": static("site/css/edit-bar.css"), "admin_url": reverse("admin:index")}
    path = request.GET.get("path", "")[:500].strip("/")
    document = _openable(request, admin_site, path) if path else None
    if document is not None:
        content_type = ContentType.objects.get_for_model(document)
        pending = PendingEdit.objects.filter(content_type=content_type, object_id=document.pk)
        can_edit = admin_site.get_model_admin(type(document)).has_change_permission(request, document)
        bar |= {
            "url": admin_url(document),
            "action": f"{'Edit' if can_edit else 'Open'} this {document._meta.verbose_name}",
            "status": document.status_label,
            "pending": "Pending changes" if pending.exists() else "",
        }
    response = JsonResponse(bar)
    response["Cache-Control"] = "private, no-store"
    return response


def _openable(request: HttpRequest, admin_site: AdminSite, path: str) -> Document | None:
    for document in documents_at([path]):
        model_admin = admin_site.get_model_admin(type(document))
        row = model_admin.get_object(request, str(document.pk))
        if isinstance(row, Document) and model_admin.has_view_or_change_permission(request, row):
            return row
    return None
