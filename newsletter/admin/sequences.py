"""Sequences and their emails in the admin."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.csp import build_policy
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.clickjacking import xframe_options_sameorigin

from images.admin import ImagePickerMixin
from newsletter.admin.sending import EMAIL_CSP
from newsletter.campaigns.preflight import check_email
from newsletter.campaigns.previews import preview_page
from newsletter.models import Sequence, SequenceEmail
from newsletter.sequences import actions
from newsletter.sequences.editions import build_campaign
from newsletter.sequences.progress import get_progress
from plaintext.numbers import parse_pk
from richtext.forms import RichTextField
from siteinfo.urls import admin_url

_STATUS = Sequence.Status
# CSS modifiers of the status badge.
_TONES: dict[str, str] = {_STATUS.ACTIVE: "published", _STATUS.PAUSED: "stopped"}
# Each action and its success message, by the name of its button.
_ACTIONS: dict[str, tuple[Callable[[Sequence], bool], str]] = {
    "activate": (actions.activate, "The sequence starts for everyone who confirms from now on."),
    "pause": (actions.pause, "The sequence is paused. The current batch is still sent."),
    "resume": (actions.resume, "The sequence continues where it was paused."),
    "end": (actions.end, "The sequence has ended. No more of its emails will be sent."),
}


def _may_send(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("newsletter.send_campaign"))


@admin.register(Sequence)
class SequenceAdmin(admin.ModelAdmin):
    """Sequences with their emails and results. Starting and stopping needs the permission to send campaigns."""

    list_display = ("name", "status_badge", "topic", "form")
    list_select_related = ("topic",)
    search_fields = ("name__contains_folded",)
    fields = ("name", "topic", "form")
    actions = None
    change_form_template = "admin/newsletter/sequence/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        """Add the view of the buttons."""
        view = self.admin_site.admin_view(self.perform_action)
        return [path("<int:pk>/action/", view, name="newsletter_sequence_action"), *super().get_urls()]

    def get_readonly_fields(self, request: HttpRequest, obj: Sequence | None = None) -> tuple[str, ...]:
        """Lock the audience once the sequence has started."""
        return ("topic", "form") if obj and obj.status != _STATUS.DRAFT else ()

    def has_delete_permission(self, request: HttpRequest, obj: Sequence | None = None) -> bool:
        """Allow deleting drafts only; others are kept with their deliveries."""
        return super().has_delete_permission(request, obj) and (obj is None or obj.status == _STATUS.DRAFT)

    @admin.display(description="status", ordering="status")
    def status_badge(self, sequence: Sequence) -> SafeString:
        """Return the status as a colored badge."""
        tone = _TONES.get(sequence.status, "")
        return format_html('<span class="state state--{}">{}</span>', tone, sequence.get_status_display())

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Add the emails and the numbers."""
        if sequence := kwargs.get("obj"):
            context |= {
                "progress": get_progress(sequence),
                "tone": _TONES.get(sequence.status, ""),
                "can_send": _may_send(request),
                "can_add_email": request.user.has_perm("newsletter.add_sequenceemail"),
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def perform_action(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Perform the action named by the pressed button."""
        if not _may_send(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        sequence = Sequence.objects.filter(pk=pk).first()
        if sequence is None:
            raise Http404
        name = next((name for name in _ACTIONS if name in request.POST), "")
        if name == "activate" and not sequence.emails.filter(status=SequenceEmail.Status.READY).exists():
            self.message_user(request, "Mark at least one email as ready first.", messages.ERROR)
        elif name and _ACTIONS[name][0](sequence):
            self.log_change(request, sequence, _ACTIONS[name][1])
            self.message_user(request, _ACTIONS[name][1], messages.SUCCESS)
        else:
            error = "Nothing was changed. Someone else may have changed the sequence."
            self.message_user(request, error, messages.WARNING)
        return redirect(admin_url(sequence))


class SequenceEmailForm(forms.ModelForm):
    """The text and the day of an email."""

    body = RichTextField(label="Text", required=False)

    class Meta:
        model = SequenceEmail
        fields = ("sequence", "subject", "preheader", "body", "day", "position", "status")

    def _post_clean(self) -> None:
        """Reject an email as ready that must not be sent, because it is sent without further confirmation."""
        super()._post_clean()  # type: ignore[misc]
        if self.instance.status == SequenceEmail.Status.READY and not self.errors:
            for finding in check_email(build_campaign(self.instance)):
                self.add_error(None, ValidationError(f"{finding.message} {finding.advice}"))


@admin.register(SequenceEmail)
class SequenceEmailAdmin(ImagePickerMixin, admin.ModelAdmin):
    """The emails of a sequence, reached from its page. Ready ones need the permission to send campaigns."""

    form = SequenceEmailForm
    list_display = ("subject", "sequence", "day", "status")
    list_select_related = ("sequence",)
    list_filter = ("sequence",)
    search_fields = ("subject__contains_folded",)
    actions = None
    change_form_template = "admin/newsletter/sequenceemail/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        """Add the preview."""
        view = self.admin_site.admin_view(xframe_options_sameorigin(self.preview))
        return [path("<int:pk>/preview/", view, name="newsletter_sequenceemail_preview"), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[SequenceEmail]:
        """Return the emails with their sequence and topic."""
        return super().get_queryset(request).select_related("sequence__topic")

    def get_readonly_fields(self, request: HttpRequest, obj: SequenceEmail | None = None) -> tuple[str, ...]:
        """Lock the sequence of a saved email, and the status for those who may not send."""
        fixed = ("sequence",) if obj else ()
        return fixed if _may_send(request) else (*fixed, "status")

    def has_change_permission(self, request: HttpRequest, obj: SequenceEmail | None = None) -> bool:
        """Allow changing drafts. What is ready is sent as saved, so changing it also takes the send permission."""
        is_draft = obj is None or obj.status == SequenceEmail.Status.DRAFT
        return super().has_change_permission(request, obj) and (is_draft or _may_send(request))

    def has_delete_permission(self, request: HttpRequest, obj: SequenceEmail | None = None) -> bool:
        """Allow deleting emails that were never sent. Make others drafts again to take them out."""
        was_sent = obj is not None and obj.editions.exists()
        return super().has_delete_permission(request, obj) and not was_sent

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Start with the sequence that `?sequence=` names, on the day after its last email."""
        sequence = Sequence.objects.filter(pk=parse_pk(request.GET.get("sequence")) or 0).first()
        last = sequence.emails.last() if sequence else None
        return {"sequence": sequence.pk if sequence else None, "day": last.day + 1 if last else 0}

    def save_model(self, request: HttpRequest, obj: SequenceEmail, form: forms.ModelForm, change: bool) -> None:
        """Save the email and have the worker look for everyone's next email again."""
        super().save_model(request, obj, form, change)
        obj.sequence.enrollments.check_again()

    def response_post_save_add(self, request: HttpRequest, obj: SequenceEmail) -> HttpResponseRedirect:
        """Return to the sequence."""
        return HttpResponseRedirect(admin_url(obj.sequence))

    def response_post_save_change(self, request: HttpRequest, obj: SequenceEmail) -> HttpResponseRedirect:
        """Return to the sequence."""
        return HttpResponseRedirect(admin_url(obj.sequence))

    def preview(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Return the saved email for an iframe. `?as=` is "dark", "text" or (by default) light."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        email = self.get_queryset(request).filter(pk=pk).first()
        if email is None:
            raise Http404
        response = HttpResponse(preview_page(build_campaign(email), request.GET.get("as", "")))
        response["Content-Security-Policy"] = build_policy(EMAIL_CSP)
        response["Cache-Control"] = "private, no-store"
        response["X-Robots-Tag"] = "noindex"
        return response
