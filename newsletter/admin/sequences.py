"""Sequences in the admin, with their results. `newsletter.admin.sequence_emails` has the emails."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString

from newsletter.models import Sequence, SequenceEmail
from newsletter.sequences import actions
from newsletter.sequences.progress import get_progress
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
    return request.user.has_perm("newsletter.send_campaign")


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
