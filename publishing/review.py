"""Review documents in the admin: submit a draft, read it, write notes and decide."""

from typing import Any

from django import forms
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone

from publishing.access import DocumentAccessAdmin
from publishing.models import ReviewNote, Submission
from siteinfo.urls import admin_url

MAX_NOTES_SHOWN = 50


class ReviewForm(forms.ModelForm):  # type: ignore[type-arg]
    """A note about a document, with a decision."""

    class Meta:
        """The fields that the reviewer fills in."""

        model = ReviewNote
        fields = ("text", "verdict")
        widgets = {"text": forms.Textarea(attrs={"rows": 5}), "verdict": forms.RadioSelect}


class ReviewAdmin(DocumentAccessAdmin):
    """The part of a document's admin that belongs to its review."""

    def has_review_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may write notes and decide."""
        return request.user.has_perm(f"{self.opts.app_label}.review_{self.opts.model_name}")

    def review_context(self, document: Any) -> dict[str, Any]:
        """Return the template context: the submission and the notes."""
        notes = document.review_notes.select_related("user")[:MAX_NOTES_SHOWN]
        return {"submission": document.submissions.first(), "review_notes": notes}

    def submit_for_review(self, request: HttpRequest, document: Any) -> None:
        """Add the draft to the review list of users who review and publish."""
        Submission.objects.update_or_create(
            content_type=ContentType.objects.get_for_model(document),
            object_id=document.pk,
            defaults={"user_id": request.user.pk, "submitted_at": timezone.now()},
        )

    def show_review(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Show the document with its notes. A POST request adds a note."""
        document = self.get_readable(request, object_id)
        may_review = self.has_review_permission(request)
        form = ReviewForm(request.POST or None)
        if request.method == "POST":
            if not may_review:
                raise PermissionDenied
            if form.is_valid():
                self._add_note(request, document, form)
                return HttpResponseRedirect(admin_url(self.model, "review", document.pk))
        context = {
            **self.admin_site.each_context(request),
            **self.review_context(document),
            "title": "Review",
            "opts": self.opts,
            "document": document,
            "form": form if may_review else None,
        }
        return TemplateResponse(request, "admin/publishing/review.html", context)

    def _add_note(self, request: HttpRequest, document: Any, form: ReviewForm) -> None:
        note = form.instance
        note.user, note.version = request.user, document.version
        note.content_type, note.object_id = ContentType.objects.get_for_model(document), document.pk
        with transaction.atomic():
            form.save()
            if note.verdict == ReviewNote.Verdict.CHANGES:
                # The draft waits for its author now, who submits it again.
                document.submissions.all().delete()
        self.log_change(request, document, f"Review: {note.verdict_label.lower()}.")
        self.message_user(request, "Your note was saved. The author sees it above the text.")
