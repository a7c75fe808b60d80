"""What the author sees before and after publishing: what is missing, what is emailed, and the link to share."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils import timezone

from publishing.access import DocumentAccessAdmin
from publishing.autosave import AutosaveAdmin
from publishing.publish_effects import describe_effects
from siteinfo.urls import absolute_url


class PublishStepAdmin(DocumentAccessAdmin, AutosaveAdmin):
    """A ModelAdmin of documents whose form asks before it publishes."""

    autosave_views = ("preview", "checks")
    checks_template = "admin/publishing/checks.html"

    def checks_context(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return what subclasses show about the content `data` while the author writes."""
        return {}

    def get_urls(self) -> list[URLPattern]:
        """Add the checks."""
        return [self.route("<int:object_id>/checks/", self.show_checks, "checks"), *super().get_urls()]

    def show_checks(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Show what is missing in the autosave that `?autosave=` names, and with `?publish` what publishing sets off.

        The form loads this after each autosave, and when the author is about to publish.
        """
        document = self.get_readable(request, object_id)
        form = self.autosaved_form(request, document)
        data = document.snapshot()
        if form is not None:
            with transaction.atomic():  # validation locks the row
                form.full_clean()
            data |= form.snapshot()
        context = self.checks_context(data)
        if "publish" in request.GET:
            context |= {
                "is_about_to_publish": True,
                "has_title": bool(data["title"]) and not (form and form.is_untitled),
                "has_text": bool(data["body"].strip()),
                "errors": document.publish_errors(data),
                "effects": describe_effects(document),
            }
        return TemplateResponse(request, self.checks_template, context)

    def publish_step_context(self, document: Any) -> dict[str, Any]:
        """Return the template context of the dialog: the time zone, and the link once the document has one to share."""
        context: dict[str, Any] = {"has_checks": True, "time_zone": timezone.get_current_timezone_name()}
        if document is not None and document.status == document.Status.PUBLISHED:
            context["public_url"] = absolute_url(document.get_absolute_url())
        return context
