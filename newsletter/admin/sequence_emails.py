"""The emails of sequences in the admin: written with autosaves, previewed and tested like campaigns."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.forms import Script
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import URLPattern
from django.utils.csp import build_policy
from django.views.decorators.clickjacking import xframe_options_sameorigin

from images.admin import ImagePickerMixin
from newsletter.admin.sending import EMAIL_CSP
from newsletter.admin.test_email import PERMISSION, TestEmailAdmin
from newsletter.campaigns import preflight
from newsletter.campaigns.previews import preview_page
from newsletter.models import Campaign, Sequence, SequenceEmail
from newsletter.sequences.editions import build_campaign
from plaintext.numbers import parse_pk
from publishing.autosave import AutosaveAdmin
from publishing.forms import UNTITLED, AutosaveForm, TitleInput
from richtext.forms import RichTextField

_STATUS = SequenceEmail.Status
MAX_SUBJECT_LENGTH = 150


def _may_send(request: HttpRequest) -> bool:
    return request.user.has_perm(PERMISSION)


class SequenceEmailForm(AutosaveForm):
    """The text and the day of an email. A draft may do without a subject."""

    body = RichTextField(label="Text", required=False)

    class Meta:
        model = SequenceEmail
        fields = ("subject", "preheader", "body", "sequence", "day", "position", "status")
        widgets = {
            "subject": TitleInput({"placeholder": "Subject", "data-max-length": preflight.SUBJECT_LENGTH}),
            "preheader": forms.TextInput({"class": "vTextField", "data-max-length": preflight.PREHEADER_LENGTH}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "subject" in self.fields:
            self.fields["subject"].required = False

    def clean_subject(self) -> str:
        """Return the subject as one line."""
        return " ".join(self.cleaned_data["subject"].split()) or UNTITLED

    def _post_clean(self) -> None:
        """Reject an email as ready that must not be sent, because it is sent without further confirmation."""
        super()._post_clean()  # type: ignore[misc]
        if self.instance.status != _STATUS.READY or self.errors:
            return
        if self.instance.subject == UNTITLED:
            self.add_error("subject", "Write a subject before you mark the email as ready.")
        for finding in preflight.check_email(build_campaign(self.instance)):
            self.add_error(None, ValidationError(f"{finding.message} {finding.advice}"))


@admin.register(SequenceEmail)
class SequenceEmailAdmin(TestEmailAdmin, ImagePickerMixin, AutosaveAdmin):
    """The emails of a sequence, reached from its page. Ready ones need the permission to send campaigns."""

    form = SequenceEmailForm
    name_field = "subject"
    list_display = ("subject", "sequence", "day", "status")
    list_select_related = ("sequence",)
    list_filter = ("sequence",)
    search_fields = ("subject__contains_folded",)
    actions = None
    change_form_template = "admin/newsletter/sequenceemail/change_form.html"
    fieldsets = (
        (None, {"fields": ("subject", "body", "base_version", "autosave_key", "restored_from")}),
        ("When it is sent", {"fields": ("status", "day", "position", "sequence")}),
        ("Preview text", {"fields": ("preheader",)}),
    )

    class Media:
        css = {"all": ("publishing/publishing.css",)}
        js = (
            Script("publishing/editor.js", type="module"),
            Script("admin_theme/character-counter.js", type="module"),
        )

    # ---- Permissions --------------------------------------------------------------------------------

    def get_readonly_fields(self, request: HttpRequest, obj: SequenceEmail | None = None) -> tuple[str, ...]:
        """Lock the sequence of a saved email, and the status for those who may not send."""
        fixed = ("sequence",) if obj else ()
        return fixed if _may_send(request) else (*fixed, "status")

    def has_change_permission(self, request: HttpRequest, obj: SequenceEmail | None = None) -> bool:
        """Allow changing drafts. What is ready is sent as saved, so changing it also takes the send permission."""
        is_draft = obj is None or obj.status == _STATUS.DRAFT
        return super().has_change_permission(request, obj) and (is_draft or _may_send(request))

    def has_delete_permission(self, request: HttpRequest, obj: SequenceEmail | None = None) -> bool:
        """Allow deleting emails that were never sent. Make others drafts again to take them out."""
        was_sent = obj is not None and obj.editions.exists()
        return super().has_delete_permission(request, obj) and not was_sent

    # ---- The form -----------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """Add the preview and the test email."""
        return [
            self.route("<int:pk>/preview/", xframe_options_sameorigin(self.preview), "preview"),
            self.route("<int:pk>/test-email/", self.test_email, "test_email"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[SequenceEmail]:
        """Return the emails with their sequence and topic."""
        return super().get_queryset(request).select_related("sequence__topic")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Start with the sequence that `?sequence=` names, on the day after its last email."""
        sequence = Sequence.objects.filter(pk=parse_pk(request.GET.get("sequence")) or 0).first()
        last = sequence.emails.last() if sequence else None
        return {"sequence": sequence.pk if sequence else None, "day": last.day + 1 if last else 0}

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Add the sequence, the autosaves, the checks and the test emails."""
        email = kwargs.get("obj")
        sequence = email.sequence if email else context["adminform"].form.initial.get("sequence")
        context["sequence"] = sequence if email else Sequence.objects.filter(pk=sequence or 0).first()
        if email:
            context |= self.autosave_context(request, email)
            context |= {"title": email.subject, "subtitle": None, "test_emails": email.test_emails.all()[:5]}
            context["findings"] = preflight.check_email(build_campaign(email))
        return super().render_change_form(request, context, *args, **kwargs)

    def campaign_to_test(self, row: SequenceEmail) -> Campaign:
        """Return an unsaved campaign with the content of the email."""
        return build_campaign(row)

    def preview(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Return the email for an iframe.

        `?as=` is "dark", "text" or (by default) light; `?autosave=` selects unsaved text.
        """
        email = self.get_object(request, str(pk))
        if not self.has_view_permission(request, email):
            raise PermissionDenied
        if email is None:
            raise Http404
        if "autosave" in request.GET and (form := self.autosaved_form(request, email)):
            with transaction.atomic():  # validation locks the row
                form.full_clean()
            email = form.instance
        response = HttpResponse(preview_page(build_campaign(email), request.GET.get("as", "")))
        response["Content-Security-Policy"] = build_policy(EMAIL_CSP)
        response["Cache-Control"] = "private, no-store"
        response["X-Robots-Tag"] = "noindex"
        return response

    # ---- Saving -------------------------------------------------------------------------------------

    def autosave(self, request: HttpRequest, object_id: int | None = None) -> JsonResponse:
        """Store what was typed. A new email is stored once its sequence is known."""
        if object_id is None and self._chosen_sequence(request) is None and self.has_add_permission(request):
            return JsonResponse(
                {"error": "Choose the sequence of the email. It is saved automatically then."}, status=400
            )
        return super().autosave(request, object_id)

    @staticmethod
    def _chosen_sequence(request: HttpRequest) -> Sequence | None:
        return Sequence.objects.filter(pk=parse_pk(request.POST.get("sequence")) or 0).first()

    def new_draft(self, request: HttpRequest, name: str) -> SequenceEmail:
        """Create the row for the first autosave of a new email, on the day that is chosen."""
        subject = name[:MAX_SUBJECT_LENGTH] or UNTITLED
        sequence = self._chosen_sequence(request)
        assert sequence  # checked by `autosave`
        return SequenceEmail.objects.create(sequence=sequence, subject=subject)

    def save_model(self, request: HttpRequest, obj: SequenceEmail, form: forms.ModelForm, change: bool) -> None:
        """Save the email and have the worker look for everyone's next email again."""
        obj.version += int(change)
        super().save_model(request, obj, form, change)
        obj.sequence.enrollments.check_again()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Delete the autosaves of the saved form."""
        super().save_related(request, form, formsets, change)
        self.delete_autosaves(request, form)

    def response_add(
        self, request: HttpRequest, obj: SequenceEmail, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Return to the form."""
        return self.response_change(request, obj)

    def response_change(self, request: HttpRequest, obj: SequenceEmail) -> HttpResponse:
        """Return to the form."""
        message = "Saved." if obj.status == _STATUS.READY else "Draft saved. It is sent once you mark it as ready."
        self.message_user(request, message, messages.SUCCESS)
        return HttpResponseRedirect(self._url("change", obj.pk))
