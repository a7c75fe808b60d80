"""Admin pages for the progress and the recipients of a campaign."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.template.loader import render_to_string
from django.urls import URLPattern
from django.utils.decorators import method_decorator

from accounts.models import AuditEvent, User
from newsletter.campaigns.progress import get_progress
from newsletter.models import Campaign, Delivery
from newsletter.models.deliveries import DeliveryQuerySet
from plaintext.characters import strip_control_characters
from plaintext.csv_export import write_csv
from plaintext.numbers import parse_pk

RECIPIENTS_PER_PAGE = 50
_STATUS = Campaign.Status
# CSS modifiers of the status badge.
STATUS_TONES: dict[str, str] = {
    _STATUS.SCHEDULED: "scheduled",
    _STATUS.PREPARING: "scheduled",
    _STATUS.SENDING: "scheduled",
    _STATUS.PAUSED: "stopped",
    _STATUS.SENT: "published",
}
CSV_COLUMNS = ("email", "status", "attempts", "sent", "delivered", "bounced", "complained", "code", "error")


class CampaignProgressAdmin(admin.ModelAdmin):
    """Read-only pages about a campaign that is being or was sent."""

    route: Any
    render_page: Any
    _url: Any

    def get_urls(self) -> list[URLPattern]:
        """Add the URLs of the views in this class."""
        return [
            self.route("<int:pk>/progress/", self.progress, "progress"),
            self.route("<int:pk>/progress/data/", self.progress_data, "progress_data"),
            self.route("<int:pk>/recipients/", self.recipients, "recipients"),
            self.route("<int:pk>/recipients/csv/", self.recipients_csv, "recipients_csv"),
            *super().get_urls(),
        ]

    def has_send_permission(self, request: HttpRequest) -> bool:
        """Return True if the user may send and stop campaigns."""
        return bool(request.user.has_perm("newsletter.send_campaign"))

    def get_campaign(self, request: HttpRequest, pk: Any) -> Campaign | None:
        """Return the campaign, without locking it; None if it does not exist. Require the view permission."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return Campaign.objects.filter(pk=parse_pk(str(pk)) or 0).first()

    def get_campaign_or_404(self, request: HttpRequest, pk: int) -> Campaign:
        """Return the campaign or raise Http404."""
        if campaign := self.get_campaign(request, pk):
            return campaign
        raise Http404

    def progress(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the numbers, the email as sent, and the available actions."""
        campaign = self.get_campaign_or_404(request, pk)
        return self.render_page(
            request,
            "progress",
            campaign.frozen_subject or campaign.subject or "Untitled",
            campaign=campaign,
            progress=get_progress(campaign),
            tone=STATUS_TONES.get(campaign.status, ""),
            audience_size=campaign.audience().count() if campaign.status == _STATUS.SCHEDULED else None,
            can_send=self.has_send_permission(request),
            can_edit=self.has_change_permission(request, campaign),
            can_duplicate=self.has_add_permission(request),
        )

    def progress_data(self, request: HttpRequest, pk: int) -> JsonResponse:
        """Return the current numbers as HTML, for the script of the progress page."""
        campaign = self.get_campaign_or_404(request, pk)
        context = {"campaign": campaign, "progress": get_progress(campaign), "user": request.user}
        html = render_to_string("admin/newsletter/campaign/_progress.html", context, request)
        response = JsonResponse({"status": campaign.status, "figures": html})
        response["Cache-Control"] = "private, no-store"
        return response

    def recipients(self, request: HttpRequest, pk: int) -> HttpResponse:
        """List the deliveries, filtered by status and email address."""
        campaign, deliveries, filters = self._filter_deliveries(request, pk, "newsletter.view_subscriber")
        return self.render_page(
            request,
            "recipients",
            "Recipients",
            campaign=campaign,
            progress=get_progress(campaign),
            deliveries=Paginator(deliveries, RECIPIENTS_PER_PAGE).get_page(request.GET.get("page")),
            can_send=self.has_send_permission(request),
            **filters,
        )

    @method_decorator(reauthentication_required)
    def recipients_csv(self, request: HttpRequest, pk: int) -> StreamingHttpResponse:
        """Export the filtered deliveries as CSV."""
        campaign, deliveries, _ = self._filter_deliveries(request, pk, "newsletter.export_subscriber")
        assert isinstance(request.user, User)  # the admin requires a user
        subject = f"recipients of campaign {campaign.pk}"
        AuditEvent.objects.record(AuditEvent.Kind.EXPORTED, request=request, user=request.user, subject=subject)
        headers = {"Content-Disposition": f'attachment; filename="campaign-{campaign.pk}.csv"'}
        lines = write_csv(CSV_COLUMNS, map(_export_cells, deliveries.iterator(chunk_size=1000)))
        return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)

    def _filter_deliveries(
        self, request: HttpRequest, pk: int, permission: str
    ) -> tuple[Campaign, DeliveryQuerySet, dict[str, Any]]:
        if not request.user.has_perm(permission):
            raise PermissionDenied
        campaign = self.get_campaign_or_404(request, pk)
        status = request.GET.get("status", "")
        query = strip_control_characters(request.GET.get("q", "")).strip()[:320]
        deliveries = Delivery.objects.filter(campaign=campaign).order_by("pk")
        if status in Delivery.Status:
            deliveries = deliveries.filter(status=status)
        if query:
            deliveries = deliveries.filter(to_email__contains_folded=query)
        return campaign, deliveries, {"status": status, "query": query}


def _export_cells(delivery: Delivery) -> list[str | int]:
    times = (delivery.sent_at, delivery.delivered_at, delivery.bounced_at, delivery.complained_at)
    timestamps = [time.isoformat() if time else "" for time in times]
    return [delivery.to_email, delivery.status, delivery.attempt, *timestamps, delivery.code, delivery.error]
