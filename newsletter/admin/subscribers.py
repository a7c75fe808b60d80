"""Admin pages for subscribers and topics, with CSV import and export."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import admin, messages
from django.contrib.admin.helpers import AdminForm
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.decorators import method_decorator

from accounts.models import AuditEvent, User
from newsletter.admin.source_filters import FormFilter, TextFilter
from newsletter.admin.subscriber_import import ImportForm
from newsletter.models import ConsentEvent, Enrollment, Sequence, Subscriber, SubscriberEmail, Subscription, Topic
from newsletter.subscribers import csv_io
from outbox import sending
from privacy.email_addresses import normalize_email
from siteinfo.list_forms import LabeledListAdmin

MAX_ERASE_PREVIEW = 100


class ReadOnlyInline(admin.TabularInline):
    """Show related rows without allowing changes."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False."""
        return False


class SubscriptionInline(ReadOnlyInline):
    """The topics a subscriber chose."""

    model = Subscription
    fields = readonly_fields = ("topic", "is_subscribed", "cadence", "updated_at")


class EnrollmentInline(ReadOnlyInline):
    """The sequences that the subscriber gets or got."""

    model = Enrollment
    fields = readonly_fields = ("sequence", "status", "started_at", "last_email", "ended_at")
    verbose_name_plural = "sequences"


class ConsentEventInline(ReadOnlyInline):
    """The subscriber's consent log, oldest entry first."""

    model = ConsentEvent
    fields = readonly_fields = ("occurred_at", "kind", "form", "page_path", "ip_address", "consent_text", "note")
    verbose_name_plural = "consent log"


@admin.register(Subscriber)
class SubscriberAdmin(admin.ModelAdmin):
    """Look up, import, export and erase subscribers. Only subscribers themselves can subscribe and choose topics."""

    list_display = ("email", "status", "status_changed_at", "created_at", "source")
    list_filter = (
        "status",
        "topics",
        FormFilter,
        TextFilter,
        ("enrollments__sequence", admin.RelatedOnlyFieldListFilter),
        ("confirmed_at", admin.DateFieldListFilter),
    )
    search_fields = ("normalized_email__contains_folded", "name__contains_folded")
    search_help_text = "Search names and email addresses"
    date_hierarchy = "created_at"
    actions = ("erase_subscribers",)
    fieldsets = (
        (None, {"fields": ("email", "name", "language_code")}),
        ("Status", {"fields": ("status", "status_changed_at", "confirmed_at", "paused_until", "created_at")}),
    )
    readonly_fields = ("email", "status", "status_changed_at", "confirmed_at", "paused_until", "created_at")
    inlines = (SubscriptionInline, EnrollmentInline, ConsentEventInline)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Subscriber]:
        """Add the form and the page of each subscriber's latest sign-up."""
        requests = ConsentEvent.objects.filter(subscriber=OuterRef("pk"), kind=ConsentEvent.Kind.REQUESTED)
        latest = requests.order_by("-occurred_at", "-pk")
        return (
            super()
            .get_queryset(request)
            .annotate(
                source_form=Subquery(latest.values("form")[:1]), source_path=Subquery(latest.values("page_path")[:1])
            )
        )

    @admin.display(description="signed up with")
    def source(self, subscriber: Any) -> str:
        """Return the form and the page of the latest sign-up; "" for imported subscribers."""
        form = dict(Sequence.Form.choices).get(subscriber.source_form, subscriber.source_form or "")
        return f"{form}, {subscriber.source_path}" if form and subscriber.source_path else str(form)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: subscribers sign up, or are imported with the source of their consent."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Subscriber | None = None) -> bool:
        """Return False: only erasing keeps the hash that prevents another import."""
        return False

    def has_erase_permission(self, request: HttpRequest) -> bool:
        """Return True for users with the delete permission."""
        return request.user.has_perm("newsletter.delete_subscriber")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Subscriber], search_term: str
    ) -> tuple[QuerySet[Subscriber], bool]:
        """Normalize email addresses before searching."""
        if "@" in search_term:
            search_term = normalize_email(search_term)
        return super().get_search_results(request, queryset, search_term)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the list, with a warning if confirmation emails are not being sent."""
        if request.method == "GET" and (problem := sending.delivery_problem(SubscriberEmail.objects.all())):
            self.message_user(request, problem, messages.WARNING)
        return super().changelist_view(request, extra_context)

    def get_urls(self) -> list[URLPattern]:
        """Add the URLs for import and export."""
        view = self.admin_site.admin_view
        return [
            path("import/", view(self.import_csv), name="newsletter_subscriber_import"),
            path("export/", view(self.export_csv), name="newsletter_subscriber_export_all"),
            *super().get_urls(),
        ]

    @method_decorator(reauthentication_required)
    def import_csv(self, request: HttpRequest) -> HttpResponse:
        """Preview an uploaded file, then import it."""
        if not request.user.has_perm("newsletter.import_subscriber"):
            raise PermissionDenied
        form: Any = ImportForm(request.POST or None, request.FILES or None)
        preview = None
        if form.is_valid() and "_import" in request.POST:
            if report := form.run():
                _record(request, AuditEvent.Kind.IMPORTED, "subscribers")
                for message in report.messages():
                    self.message_user(request, message)
                return redirect("admin:newsletter_subscriber_changelist")
        elif form.is_valid():
            preview = form.preview()
        context = self.admin_site.each_context(request) | {
            "title": "Import subscribers",
            "opts": self.opts,
            "form": form,
            "preview": preview,
            "adminform": AdminForm(form, [(None, {"fields": ["file", "source", "are_confirmed"]})], {}),
        }
        return TemplateResponse(request, "admin/newsletter/subscriber/import.html", context)

    @method_decorator(reauthentication_required)
    def export_csv(self, request: HttpRequest) -> StreamingHttpResponse:
        """Download all subscribers as CSV."""
        if not request.user.has_perm("newsletter.export_subscriber"):
            raise PermissionDenied
        _record(request, AuditEvent.Kind.EXPORTED, "all subscribers")
        filename = f"subscribers-{timezone.localdate():%Y-%m-%d}.csv"
        return StreamingHttpResponse(
            csv_io.export_subscribers(),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{filename}"'},
        )

    @admin.action(description="Erase selected subscribers", permissions=["erase"])
    @method_decorator(reauthentication_required)
    def erase_subscribers(self, request: HttpRequest, queryset: QuerySet[Subscriber]) -> TemplateResponse | None:
        """Erase all personal data of the subscribers after a confirmation page."""
        if "erase" in request.POST:
            subscribers = list(queryset)
            for subscriber in subscribers:
                # Before erase(), which may delete the row and its primary key.
                _record(request, AuditEvent.Kind.ERASED, f"subscriber {subscriber.pk}")
                subscriber.erase()
            count = len(subscribers)
            self.message_user(request, f"{count} subscriber{'' if count == 1 else 's'} erased.", messages.SUCCESS)
            return None
        count = queryset.count()
        context = self.admin_site.each_context(request) | {
            "title": "Erase these subscribers?",
            "opts": self.opts,
            "subscribers": queryset.order_by("normalized_email")[:MAX_ERASE_PREVIEW],
            "count": count,
            "more_count": max(0, count - MAX_ERASE_PREVIEW),
            "selected": request.POST.getlist("_selected_action"),
            "select_across": request.POST.get("select_across", "0"),
        }
        return TemplateResponse(request, "admin/newsletter/subscriber/erase.html", context)


@admin.register(Topic)
class TopicAdmin(LabeledListAdmin):
    """Edit the topics that subscribers can choose."""

    list_display = ("name", "is_public", "is_default", "subscriber_count", "position")
    list_editable = ("position",)
    prepopulated_fields = {"slug": ("name",)}
    fields = ("name", "slug", "description", "is_public", "is_default", "position")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Topic]:
        """Annotate each topic with its number of active subscribers."""
        active = Q(subscriptions__is_subscribed=True, subscriptions__subscriber__status=Subscriber.Status.ACTIVE)
        return super().get_queryset(request).annotate(subscriber_count=Count("subscriptions", filter=active))

    def has_delete_permission(self, request: HttpRequest, obj: Topic | None = None) -> bool:
        """Refuse to delete a topic that someone subscribed to or opted out of, which would lose their choice."""
        if obj and obj.subscriptions.exists():
            return False
        return super().has_delete_permission(request, obj)

    @admin.display(description="subscribers", ordering="subscriber_count")
    def subscriber_count(self, topic: Any) -> int:
        """Return the number of active subscribers."""
        return int(topic.subscriber_count)


def _record(request: HttpRequest, kind: str, subject: str) -> None:
    assert isinstance(request.user, User)  # the admin requires a user
    AuditEvent.objects.record(kind, request=request, user=request.user, subject=subject)
