"""The admin for disclaimers, with the conversion of typed ones for the editor."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from evidence.disclaimers.models import Disclaimer
from evidence.disclaimers.typed import remove_typed
from richtext.embeds import RenderTarget
from richtext.rendering import render
from richtext.sanitizer import sanitize

MAX_BODY_LENGTH = 1_000_000


@admin.register(Disclaimer)
class DisclaimerAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Disclaimers, worded once. Categories and templates choose among them."""

    list_display = ("name", "text", "is_default")
    search_fields = ("name__contains_folded", "text__contains_folded")
    fields = ("name", "text", "is_default")
    # Deleting several at once could include the default.
    actions = None

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Keep the default until another disclaimer replaces it."""
        return super().has_delete_permission(request, obj) and not (obj and obj.is_default)

    def get_urls(self) -> list[URLPattern]:
        """Add the conversion that the checklist offers."""
        view = self.admin_site.admin_view(require_POST(self.convert))
        return [path("convert/", view, name="evidence_disclaimer_convert"), *super().get_urls()]

    def convert(self, request: HttpRequest) -> JsonResponse:
        """Return a text without the disclaimers typed into it."""
        if not request.user.has_perm("blog.add_post") and not request.user.has_perm("blog.change_post"):
            raise PermissionDenied
        body, removed = remove_typed(sanitize(request.POST.get("body", "")[:MAX_BODY_LENGTH]))
        message = (
            "Removed the typed disclaimer. The post shows the site’s disclaimer instead."
            if removed
            else "There is no typed disclaimer that can be removed without losing something else."
        )
        return JsonResponse({"body": render(body, RenderTarget.EDITOR), "count": len(removed), "message": message})
