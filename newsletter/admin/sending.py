"""Admin pages for previewing, testing, scheduling and stopping a campaign."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin.widgets import AdminSplitDateTime
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import URLPattern
from django.utils import timezone
from django.utils.csp import CSP, build_policy
from django.views.decorators.clickjacking import xframe_options_sameorigin

from newsletter.admin.progress import CampaignProgressAdmin
from newsletter.admin.test_email import TestEmailAdmin
from newsletter.campaigns import actions
from newsletter.campaigns.preflight import run_preflight
from newsletter.campaigns.previews import preview_page
from newsletter.campaigns.progress import get_progress
from newsletter.models import Campaign
from plaintext.numbers import parse_pk
from siteinfo.local_time import format_appointment
from siteinfo.time_fields import LocalDateTimeField

# An email brings its own styles. It must not run scripts, submit forms or load images from other sites.
EMAIL_CSP = {
    "default-src": [CSP.NONE],
    "img-src": [CSP.SELF, settings.SITE_URL, "data:", *settings.MEDIA_ORIGINS],
    "style-src": [CSP.UNSAFE_INLINE],
    "base-uri": [CSP.SELF],
    "frame-ancestors": [CSP.SELF],
    "sandbox": "allow-same-origin allow-popups allow-popups-to-escape-sandbox",
}
MAX_SCHEDULE_AHEAD = timedelta(days=366)
# The suggested time for a later start is this hour on the next day.
DEFAULT_SCHEDULE_HOUR = 8
_STATUS = Campaign.Status


class ScheduleForm(forms.Form):
    """When to send: now, or at a time in the site's time zone. `approved` identifies what the author has seen."""

    NOW, LATER = "now", "later"
    when = forms.ChoiceField(
        label="When",
        choices=((NOW, "Now"), (LATER, "At a later time")),
        widget=forms.RadioSelect,
        initial=NOW,
        help_text="“Now” starts within seconds, when the worker checks for campaigns.",
    )
    at = LocalDateTimeField(label="Date and time", required=False, widget=AdminSplitDateTime)
    approved = forms.CharField(widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """Set `at` to the time to start. Reject times in the past or more than a year ahead."""
        cleaned, now = self.cleaned_data, timezone.now()
        if cleaned.get("when") == self.NOW:
            self.errors.pop("at", None)
            return cleaned | {"at": now}
        at = cleaned.get("at")
        if at is None:
            if "at" not in self.errors:
                self.add_error("at", "Choose a date and a time.")
        elif at < now:
            self.add_error("at", "This time has passed. Choose a later one, or “Now”.")
        elif at > now + MAX_SCHEDULE_AHEAD:
            self.add_error("at", "This is more than a year away. Choose an earlier time.")
        return cleaned


class CampaignSendingAdmin(TestEmailAdmin, CampaignProgressAdmin):
    """Pages that send, stop or resend a campaign. Every change is a POST and one guarded transition."""

    route: Any
    autosaved_form: Any
    autosave_before_action: Any
    _get_editable: Any

    def get_urls(self) -> list[URLPattern]:
        """Add the URLs of the views in this class."""
        return [
            self.route("<int:pk>/preview/", xframe_options_sameorigin(self.preview), "preview"),
            self.route("<int:pk>/test-email/", self.test_email, "test_email"),
            self.route("<int:pk>/send/", self.send, "send"),
            self.route("<int:pk>/action/", self.perform_action, "action"),
            *super().get_urls(),
        ]

    def _get_sendable(self, request: HttpRequest, pk: int) -> Campaign:
        if not self.has_send_permission(request):
            raise PermissionDenied
        return self.get_campaign_or_404(request, pk)

    # ---- Preview and test email ---------------------------------------------------------------------

    def preview(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Return the email for an iframe.

        `?as=` is "dark", "text" or (by default) light; `?autosave=` selects unsaved text.
        """
        campaign = self.get_campaign_or_404(request, pk)
        if campaign.is_editable and "autosave" in request.GET and (form := self.autosaved_form(request, campaign)):
            with transaction.atomic():  # validation locks the row
                form.full_clean()
            campaign = form.instance
        response = HttpResponse(preview_page(campaign, request.GET.get("as", "")))
        response["Content-Security-Policy"] = build_policy(EMAIL_CSP)
        response["Cache-Control"] = "private, no-store"
        response["X-Robots-Tag"] = "noindex"
        return response

    def campaign_to_test(self, row: Campaign) -> Campaign:
        """Return the campaign."""
        return row

    # ---- Scheduling ---------------------------------------------------------------------------------

    def send(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for confirmation and a time, with the audience and the preflight checks. POST schedules it."""
        campaign = self._get_sendable(request, pk)
        if not campaign.is_editable:
            message = f"This campaign cannot be scheduled because it is {_status(campaign)}."
            self.message_user(request, message, messages.WARNING)
            return redirect(self._url("progress", campaign.pk))
        preflight = run_preflight(campaign)
        form = ScheduleForm(request.POST or None, initial=_schedule_initial(campaign))
        if request.method == "POST" and form.is_valid() and not preflight.stops:
            return self._schedule(request, campaign, form.cleaned_data)
        return self.render_page(
            request,
            "send",
            "Reschedule campaign" if campaign.status == _STATUS.SCHEDULED else "Send campaign",
            campaign=campaign,
            form=form,
            preflight=preflight,
            time_zone=timezone.get_current_timezone_name(),
            media=self.media + form.media,
        )

    def _schedule(self, request: HttpRequest, campaign: Campaign, cleaned: dict[str, Any]) -> HttpResponse:
        is_unchanged = cleaned["approved"] == _approval(campaign)
        if not is_unchanged or not actions.schedule(campaign, cleaned["at"]):
            message = "The campaign changed after you opened this page. Nothing was scheduled. Check it again."
            self.message_user(request, message, messages.WARNING)
            return redirect(self._url("send", campaign.pk))
        if cleaned["when"] == ScheduleForm.NOW:
            when, message = "now", "The campaign will start within seconds."
        else:
            when = f"on {format_appointment(cleaned['at'])}"
            message = f"The campaign will be sent {when}."
        self.log_change(request, campaign, f"Scheduled to be sent {when}.")
        self.message_user(request, message, messages.SUCCESS)
        return redirect(self._url("progress", campaign.pk))

    # ---- Actions ------------------------------------------------------------------------------------

    def perform_action(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Perform the action named by the pressed button. GET with `?cancel` asks for confirmation."""
        if request.method == "GET" and "cancel" in request.GET:
            campaign = self._get_sendable(request, pk)
            progress = get_progress(campaign)
            return self.render_page(request, "cancel", "Cancel campaign", campaign=campaign, progress=progress)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        self.autosave_before_action(request, pk)
        if "duplicate" in request.POST:
            return self._duplicate(request, pk)
        campaign = self._get_sendable(request, pk)
        self._run_action(request, campaign)
        if "dashboard" in request.POST:
            return redirect("admin:index")
        if "unschedule" in request.POST:
            return redirect(self._url("change", campaign.pk))
        if "delivery" in request.GET:
            return redirect(f"{self._url('recipients', campaign.pk)}?status={request.POST.get('status', '')}")
        return redirect(self._url("progress", campaign.pk))

    def _duplicate(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        duplicate = actions.duplicate(self.get_campaign_or_404(request, pk))
        self.message_user(request, "This is a copy, saved as a new draft.", messages.SUCCESS)
        return redirect(self._url("change", duplicate.pk))

    def _run_action(self, request: HttpRequest, campaign: Campaign) -> None:
        """Run the action and report its result."""
        available = _available_actions(campaign, _delivery_pk(request))
        name = next((name for name in available if name in request.POST), None)
        if name is None:
            self.message_user(request, "Unknown action. Nothing was changed.", messages.WARNING)
            return
        action, message = available[name]
        count = int(action())
        campaign.refresh_from_db(fields=["status"])
        if not count:
            error = f"Nothing was changed: the campaign is {_status(campaign)}. Someone else may have changed it."
            self.message_user(request, error, messages.WARNING)
            return
        message = message.format("1 email" if count == 1 else f"{count:,} emails")
        self.log_change(request, campaign, message)
        self.message_user(request, message, messages.SUCCESS)


def _available_actions(campaign: Campaign, delivery_pk: int | None) -> dict[str, tuple[Callable[[], int], str]]:
    """Return each action and its success message by the name of its button.

    Sequences start and stop their own campaigns.
    """
    available: dict[str, tuple[Callable[[], int], str]] = {
        "unschedule": (lambda: actions.unschedule(campaign), "The campaign is a draft again. Nothing was sent."),
        "pause": (lambda: actions.pause(campaign), "The campaign is paused. The current batch is still sent."),
        "resume": (lambda: actions.resume(campaign), "Sending resumes."),
        "cancel": (lambda: actions.cancel(campaign), "The campaign is cancelled. No more emails will be sent."),
        "resend_failed": (lambda: actions.resend_failed(campaign, delivery_pk), "{} will be sent again."),
        "resend_uncertain": (lambda: actions.resend_uncertain(campaign, delivery_pk), "{} will be sent again."),
        "mark_sent": (lambda: actions.mark_uncertain_sent(campaign, delivery_pk), "{} marked as sent."),
    }
    if campaign.kind != Campaign.Kind.SEQUENCE:
        return available
    return {name: action for name, action in available.items() if name.startswith(("resend", "mark"))}


def _delivery_pk(request: HttpRequest) -> int | None:
    return parse_pk(request.GET.get("delivery"))


def _schedule_initial(campaign: Campaign) -> dict[str, Any]:
    approval = {"approved": _approval(campaign)}
    if campaign.status == _STATUS.SCHEDULED:
        return {"when": ScheduleForm.LATER, "at": campaign.scheduled_at} | approval
    tomorrow = timezone.localtime() + timedelta(days=1)
    at = tomorrow.replace(hour=DEFAULT_SCHEDULE_HOUR, minute=0, second=0, microsecond=0)
    return {"when": ScheduleForm.NOW, "at": at} | approval


def _approval(campaign: Campaign) -> str:
    """Return a value that changes with everything the author approves: content, status and time."""
    scheduled_at = campaign.scheduled_at if campaign.status == _STATUS.SCHEDULED else None
    return f"{campaign.version}:{campaign.status}:{scheduled_at.isoformat() if scheduled_at else ''}"


def _status(campaign: Campaign) -> str:
    return campaign.get_status_display().lower()
