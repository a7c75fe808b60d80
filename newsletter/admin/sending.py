"""The pages of a campaign beside its text: how it looks, a test, the last question, how far it is, who got it."""

import csv
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminSplitDateTime
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import URLPattern
from django.utils import timezone
from django.utils.csp import CSP, build_policy
from django.utils.formats import date_format
from django.views.decorators.clickjacking import xframe_options_sameorigin

from newsletter.campaigns import actions, preflight, progress, test_emails
from newsletter.models import Campaign, Delivery, TestEmail
from newsletter.models.deliveries import DeliveryQuerySet
from outbox import sending as outbox
from outbox.headers import validate_deliverable
from public_forms.fields import EmailField, strip_invisible
from public_forms.ratelimit import hit_key

# A mail brings its own styles, and may do nothing: no script, no form, no frame. Its pictures are the site's.
MAIL_POLICY = {
    "default-src": [CSP.NONE],
    "img-src": [CSP.SELF, settings.SITE_URL, "data:"],
    "style-src": [CSP.UNSAFE_INLINE],
    "base-uri": [CSP.SELF],
    "frame-ancestors": [CSP.SELF],
    "sandbox": "allow-same-origin allow-popups allow-popups-to-escape-sandbox",
}
SHOWN = 50
MOST_TESTS = 30
FARTHEST = timedelta(days=366)
_STATUS = Campaign.Status
# States in colour; the words are classes of the desk's sheet.
TONES: dict[str, str] = {
    _STATUS.SCHEDULED: "scheduled",
    _STATUS.PREPARING: "scheduled",
    _STATUS.SENDING: "scheduled",
    _STATUS.PAUSED: "stopped",
    _STATUS.SENT: "published",
}


class WhenForm(forms.Form):
    """Now, or at a time of the site's own calendar."""

    NOW, LATER = "now", "later"
    when = forms.ChoiceField(
        label="When",
        choices=((NOW, "Now"), (LATER, "At a time I choose")),
        widget=forms.RadioSelect,
        initial=NOW,
        help_text="“Now” means as soon as the worker looks, within seconds.",
    )
    at = forms.SplitDateTimeField(label="Date and time", required=False, widget=AdminSplitDateTime)
    seen = forms.CharField(widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """With `at` as the time to begin; ValidationError for one that is over or years away."""
        cleaned, now = self.cleaned_data, timezone.now()
        if cleaned.get("when") == self.NOW:
            self.errors.pop("at", None)
            return cleaned | {"at": now}
        at = cleaned.get("at")
        if at is None:
            if "at" not in self.errors:
                self.add_error("at", "Choose the date and the time.")
        elif at < now:
            self.add_error("at", "This time is over. Choose a later one, or “Now”.")
        elif at > now + FARTHEST:
            self.add_error("at", "That is more than a year away. Choose a time within a year.")
        return cleaned


class TrialForm(forms.Form):
    """To whom the test goes."""

    address = EmailField(label="Send a test to", validators=[validate_deliverable])


class SendingPages(admin.ModelAdmin):
    """Views of one campaign. Whatever acts is a POST, one guarded move, and a plain sentence about what came of it."""

    route: Any
    page: Any
    autosaved_form: Any
    _address: Any
    _writable: Any
    keep_typed: Any

    def may_send(self, request: HttpRequest) -> bool:
        """Whether `request` may let campaigns go, stop them and decide about their mails."""
        return bool(request.user.has_perm("newsletter.send_campaign"))

    def get_urls(self) -> list[URLPattern]:
        views: dict[str, tuple[str, Callable[..., HttpResponseBase]]] = {
            "preview": ("preview/", xframe_options_sameorigin(self.preview)),
            "test": ("test/", self.test),
            "send": ("send/", self.send),
            "act": ("act/", self.act),
            "progress": ("progress/", self.progress),
            "figures": ("progress/figures/", self.figures),
            "recipients": ("recipients/", self.recipients),
            "recipients_csv": ("recipients/csv/", self.recipients_csv),
        }
        routes = [self.route(f"<int:key>/{place}", view, name) for name, (place, view) in views.items()]
        return [*routes, *super().get_urls()]

    def get_seen(self, request: HttpRequest, key: Any) -> Campaign | None:
        """The campaign with `key`, without a lock; None if there is none, or `request` may not see any."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return Campaign.objects.filter(pk=key).first() if str(key).isdecimal() else None

    def _seen(self, request: HttpRequest, key: int) -> Campaign:
        if campaign := self.get_seen(request, key):
            return campaign
        raise Http404

    def _sendable(self, request: HttpRequest, key: int) -> Campaign:
        if not self.may_send(request):
            raise PermissionDenied
        return self._seen(request, key)

    # ---- How it looks -------------------------------------------------------------------------------

    def preview(self, request: HttpRequest, key: int) -> HttpResponse:
        """The mail as it stands, for a frame: `?as=` dark, text or (else) light. With `?autosave=` the unsaved one."""
        campaign = self._seen(request, key)
        if campaign.is_editable and "autosave" in request.GET and (form := self.autosaved_form(request, campaign)):
            form.full_clean()
            campaign = form.instance
        response = HttpResponse(test_emails.shown(campaign, request.GET.get("as", "")))
        response["Content-Security-Policy"] = build_policy(MAIL_POLICY)
        response["Cache-Control"] = "private, no-store"
        response["X-Robots-Tag"] = "noindex"
        return response

    def test(self, request: HttpRequest, key: int) -> HttpResponse:
        """Send the saved words to whoever asks. To somebody else only by who may mail them all."""
        campaign = self._writable(request, key)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        form = TrialForm(request.POST)
        if not form.is_valid():
            self.message_user(request, str(form.errors["address"][0]), messages.ERROR)
        elif form.cleaned_data["address"] != request.user.email and not self.may_send(request):  # type: ignore[union-attr]
            self.message_user(request, "You can send tests to your own address only.", messages.ERROR)
        elif not hit_key(f"newsletter tests {request.user.pk}", limit=MOST_TESTS, hourly=True):
            self.message_user(request, f"{MOST_TESTS} tests an hour is all there is. Try later.", messages.ERROR)
        else:
            test_email = test_emails.send(campaign, form.cleaned_data["address"])
            self.message_user(request, f"The test goes to {test_email.to_email} within seconds.", messages.SUCCESS)
            if trouble := outbox.delivery_problem(TestEmail.objects.all()):
                self.message_user(request, trouble, messages.WARNING)
        return redirect(f"{self._address('change', campaign.pk)}#before")

    # ---- The last question --------------------------------------------------------------------------

    def send(self, request: HttpRequest, key: int) -> HttpResponse:
        """To how many people, when, and what stands against it; a POST schedules it."""
        campaign = self._sendable(request, key)
        if not campaign.is_editable:
            self.message_user(request, f"Nothing is to be scheduled: it is “{_status(campaign)}”.", messages.WARNING)
            return redirect(self._address("progress", campaign.pk))
        looked = preflight.look_at(campaign)
        form = WhenForm(request.POST or None, initial=self._initial(campaign))
        if request.method == "POST" and form.is_valid() and not looked.stops:
            if form.cleaned_data["seen"] == _fingerprint(campaign) and actions.schedule(
                campaign, form.cleaned_data["at"]
            ):
                return self._scheduled(request, campaign, form.cleaned_data)
            text = "It changed after you opened this page, so nothing was scheduled. Look again, then decide."
            self.message_user(request, text, messages.WARNING)
            return redirect(self._address("send", campaign.pk))
        return self.page(
            request,
            "send",
            "Change when it goes out" if campaign.status == _STATUS.SCHEDULED else "Send it?",
            campaign=campaign,
            form=form,
            preflight=looked,
            zone=timezone.get_current_timezone_name(),
            media=self.media + form.media,
        )

    def _initial(self, campaign: Campaign) -> dict[str, Any]:
        is_scheduled = campaign.status == _STATUS.SCHEDULED
        tomorrow = (timezone.localtime() + timedelta(days=1)).replace(hour=8, minute=0, second=0, microsecond=0)
        return {
            "when": WhenForm.LATER if is_scheduled else WhenForm.NOW,
            "at": campaign.scheduled_at if is_scheduled else tomorrow,
            "seen": _fingerprint(campaign),
        }

    def _scheduled(self, request: HttpRequest, campaign: Campaign, chosen: dict[str, Any]) -> HttpResponse:
        when = "now" if chosen["when"] == WhenForm.NOW else f"on {_moment(chosen['at'])}"
        self.log_change(request, campaign, f"Scheduled: goes out {when}.")
        words = "It goes out now, as soon as the worker looks." if when == "now" else f"It goes out {when}."
        self.message_user(request, words, messages.SUCCESS)
        return redirect(self._address("progress", campaign.pk))

    # ---- What is done with it -----------------------------------------------------------------------

    def act(self, request: HttpRequest, key: int) -> HttpResponse:
        """The buttons. GET asks before it is cancelled; POST does what the button's name says."""
        if request.method == "GET" and "cancel" in request.GET:
            campaign = self._sendable(request, key)
            return self.page(request, "cancel", "Cancel it?", campaign=campaign, progress=progress.of(campaign))
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        self.keep_typed(request, key)
        if "copy" in request.POST:
            if not self.has_add_permission(request):
                raise PermissionDenied
            twin = actions.copy(self._seen(request, key))
            self.message_user(request, "This is a copy, a new draft. Nothing of it has been sent.", messages.SUCCESS)
            return redirect(self._address("change", twin.pk))
        campaign = self._sendable(request, key)
        self._do(request, campaign)
        if "take_back" in request.POST:
            return redirect(self._address("change", campaign.pk))
        place = "recipients" if "delivery" in request.GET else "progress"
        query = f"?status={request.POST.get('status', '')}" if place == "recipients" else ""
        return redirect(self._address(place, campaign.pk) + query)

    def _do(self, request: HttpRequest, campaign: Campaign) -> None:
        """Make the move and say what came of it."""
        mail = request.GET.get("delivery", "")
        one = int(mail) if mail.isdecimal() and len(mail) < 19 else None
        acts: dict[str, tuple[Callable[[], int], str]] = {
            "take_back": (lambda: actions.take_back(campaign), "It is a draft again. Nothing was sent."),
            "pause": (lambda: actions.pause(campaign), "It pauses. The few mails in hand still go out."),
            "resume": (lambda: actions.resume(campaign), "It goes on."),
            "cancel": (lambda: actions.cancel(campaign), "It is cancelled. Nobody else gets it."),
            "resend": (lambda: actions.resend_failed(campaign, one), "{} sent again."),
            "again": (lambda: actions.settle(campaign, one, again=True), "{} sent again."),
            "let_be": (lambda: actions.settle(campaign, one, again=False), "{} counted as sent."),
        }
        name = next((name for name in acts if name in request.POST), None)
        if name is None:
            self.message_user(request, "This button is not known any more. Nothing was done.", messages.WARNING)
            return
        move, words = acts[name]
        number = int(move())
        campaign.refresh_from_db(fields=["status"])
        if not number:
            text = f"Nothing was changed: it is “{_status(campaign)}” now. Somebody may have been faster."
            self.message_user(request, text, messages.WARNING)
            return
        words = words.format("1 mail is" if number == 1 else f"{number:,} mails are")
        self.log_change(request, campaign, words)
        self.message_user(request, words, messages.SUCCESS)

    # ---- How far it is ------------------------------------------------------------------------------

    def progress(self, request: HttpRequest, key: int) -> HttpResponse:
        """What is known of it: the numbers, the words as sent, what can be done now."""
        campaign = self._seen(request, key)
        return self.page(
            request,
            "progress",
            campaign.frozen_subject or campaign.subject or "Untitled",
            campaign=campaign,
            progress=progress.of(campaign),
            tone=TONES.get(campaign.status, ""),
            audience=campaign.audience().count() if campaign.status == _STATUS.SCHEDULED else None,
            may_send=self.may_send(request),
            may_write=self.has_change_permission(request, campaign),
            may_copy=self.has_add_permission(request),
        )

    def figures(self, request: HttpRequest, key: int) -> JsonResponse:
        """The numbers of the page above, for its script."""
        campaign = self._seen(request, key)
        context = {"campaign": campaign, "progress": progress.of(campaign), "user": request.user}
        markup = render_to_string("admin/newsletter/campaign/_figures.html", context, request)
        response = JsonResponse({"status": campaign.status, "figures": markup})
        response["Cache-Control"] = "private, no-store"
        return response

    # ---- Who got it ---------------------------------------------------------------------------------

    def recipients(self, request: HttpRequest, key: int) -> HttpResponse:
        """The mails by status, found by address."""
        campaign, rows, chosen = self._recipients(request, key, "newsletter.view_subscriber")
        return self.page(
            request,
            "recipients",
            "Who it goes to",
            campaign=campaign,
            progress=progress.of(campaign),
            rows=Paginator(rows, SHOWN).get_page(request.GET.get("page")),
            may_send=self.may_send(request),
            **chosen,
        )

    def recipients_csv(self, request: HttpRequest, key: int) -> StreamingHttpResponse:
        """The same, all of them, as a file."""
        campaign, rows, _ = self._recipients(request, key, "newsletter.export_subscriber")
        headers = {"Content-Disposition": f'attachment; filename="campaign-{campaign.pk}.csv"'}
        return StreamingHttpResponse(_lines(rows), content_type="text/csv; charset=utf-8", headers=headers)

    def _recipients(
        self, request: HttpRequest, key: int, right: str
    ) -> tuple[Campaign, DeliveryQuerySet, dict[str, Any]]:
        if not request.user.has_perm(right):
            raise PermissionDenied
        campaign = self._seen(request, key)
        status, words = request.GET.get("status", ""), strip_invisible(request.GET.get("q", "")).strip()[:320]
        rows = Delivery.objects.filter(campaign=campaign).order_by("pk")
        if status in Delivery.Status:
            rows = rows.filter(status=status)
        if words:
            rows = rows.filter(to_email__icontains=words)
        return campaign, rows, {"status": status, "words": words}


COLUMNS = ("address", "status", "tries", "sent", "delivered", "bounced", "complained", "code", "error")


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def _lines(rows: DeliveryQuerySet) -> Iterator[str]:
    """`rows` as CSV, in parts, however many there are."""
    writer = csv.writer(_Echo())
    yield writer.writerow(COLUMNS)
    for row in rows.iterator(chunk_size=1000):
        times = (row.sent_at, row.delivered_at, row.bounced_at, row.complained_at)
        stamps = [time.isoformat() if time else "" for time in times]
        # A spreadsheet takes what begins with these for a formula; addresses may begin with all but the @.
        words = [f"'{text}" if text[:1] in "=+-@" and text else text for text in (row.to_email, row.code, row.error)]
        yield writer.writerow([words[0], row.status, row.attempt, *stamps, *words[1:]])


def _fingerprint(campaign: Campaign) -> str:
    """What somebody saw when they agreed."""
    at = campaign.scheduled_at.isoformat() if campaign.scheduled_at and campaign.status == _STATUS.SCHEDULED else ""
    return f"{campaign.version}:{campaign.status}:{at}"


def _status(campaign: Campaign) -> str:
    return campaign.get_status_display().lower()


def _moment(at: Any) -> str:
    return date_format(timezone.localtime(at), "l, F j, Y, H:i")
