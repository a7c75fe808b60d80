"""How a text for readers is written on the desk: what the admins of posts and of pages share."""

from typing import Any

from django import forms
from django.forms import Script
from django.http import HttpRequest, HttpResponse

from blog import checklist
from images.admin import ImagePickerMixin
from publishing.admin import DocumentAdmin
from publishing.forms import DocumentForm
from richtext.forms import RichTextField
from richtext.readability import readability


class ContentForm(DocumentForm):
    """A text with its excerpt and what search engines show of it."""

    body = RichTextField(
        label="Text",
        required=False,
        help_text="It is kept while you type. “?” in the toolbar shows what the keyboard can do.",
    )

    class Meta:
        exclude = ()
        widgets: dict[str, Any] = {
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
    """A document's admin with the checklist, the readability and the preview of search results."""

    change_form_template = "admin/blog/content_form.html"

    class Media:
        js = tuple(
            Script(f"admin_theme/{name}.js", type="module")
            for name in ("character-counter", "search-preview", "checklist")
        )

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        form = context["adminform"].form
        document, pending = kwargs.get("obj"), context.get("pending")
        shown = form.refused
        if shown is None and document is not None and not form.errors:
            shown = pending.data if pending else document.snapshot()
        if shown is not None:
            context["findings"] = checklist.findings(shown, self.model.checks)
            context["reading"] = readability(shown["body"])
        return super().render_change_form(request, context, *args, **kwargs)
