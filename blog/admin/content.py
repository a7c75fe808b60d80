"""Code shared by the admins of posts and pages: the editor, the checklist, readability and the search preview."""

from typing import Any

from django import forms
from django.forms import Script
from django.http import HttpRequest, HttpResponse

from blog import checklist
from blog.models import Severity
from images.admin import ImagePickerMixin
from publishing.admin import DocumentAdmin
from publishing.forms import DocumentForm, TitleInput
from richtext.forms import RichTextField
from richtext.problems import read_or
from richtext.readability import readability


class ContentForm(DocumentForm):
    """A form for a text with an excerpt and SEO fields."""

    body = RichTextField(
        label="Text",
        required=False,
    )

    class Meta:
        """All fields, with widgets that count characters."""

        exclude = ()
        widgets: dict[str, Any] = {
            "title": TitleInput,
            "excerpt": forms.Textarea(attrs={"rows": 3}),
            "seo_title": forms.TextInput(
                attrs={"class": "vTextField", "data-max-length": checklist.TITLE_LIMIT, "data-fallback": "id_title"}
            ),
            "seo_description": forms.Textarea(
                attrs={
                    "rows": 2,
                    "data-min-length": checklist.DESCRIPTION_LIMITS[0],
                    "data-max-length": checklist.DESCRIPTION_LIMITS[1],
                    "data-fallback": "id_excerpt",
                }
            ),
        }


class ContentAdmin(ImagePickerMixin, DocumentAdmin):
    """A document admin that shows the checklist, the readability and a preview of search results."""

    change_form_template = "admin/blog/content_form.html"
    checks_template = "admin/blog/content_checks.html"

    class Media:
        """The scripts of the character counters and the search preview."""

        js = tuple(Script(f"admin_theme/{name}.js", type="module") for name in ("character-counter", "search-preview"))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Add the findings and the readability of the content shown in the form."""
        data = self._content_shown(request, context["adminform"].form, kwargs.get("obj"))
        if data is not None:
            context.update(self.checks_context(data))
        return super().render_change_form(request, context, *args, **kwargs)

    def checks_context(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return the findings and the readability of the content `data`."""
        active = checklist.active_checks(self.model.checks)
        findings = checklist.find_in(data, active)
        return {
            "findings": findings,
            "advice": [finding for finding in findings if finding.severity != Severity.BLOCK],
            "check_count": len(active),
            "readability": read_or(None, lambda: readability(data["body"])),
        }

    def _content_shown(self, request: HttpRequest, form: Any, document: Any) -> dict[str, Any] | None:
        """Return the rejected content, of the pending edit or of the document; None for an invalid form."""
        if form.rejected_snapshot is not None:
            rejected: dict[str, Any] = form.rejected_snapshot
            return rejected
        if document is None or form.errors:
            return None
        pending = self.form_source(request, document).pending_edit
        content: dict[str, Any] = document.snapshot() | (pending.content if pending else {})
        return content
