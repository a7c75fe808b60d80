"""Who is on the list and how they came there, what they agreed to, whom never to mail."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import AdminForm
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone

from newsletter.models import (
    ConsentEvent,
    ConsentText,
    Subscriber,
    SubscriberEmail,
    Subscription,
    Suppression,
    Topic,
)
from newsletter.subscribers import csv_io
from newsletter.subscribers.email_addresses import email_hash, email_key
from newsletter.subscribers.personal_data import everything_about
from outbox import sending
from outbox.headers import validate_deliverable
from public_forms.fields import EmailField


class ReadOnlyInline(admin.TabularInline):
    """Rows that are looked at."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class SubscriptionInline(ReadOnlyInline):
    """What somebody wants. They choose it themselves."""

    model = Subscription
    fields = readonly_fields = ("topic", "is_wanted", "cadence", "changed_at")


class ConsentInline(ReadOnlyInline):
    """The proof, in the order of time."""

    model = ConsentEvent
    fields = readonly_fields = ("at", "kind", "form", "page", "ip", "text", "note")
    verbose_name_plural = "how they came here: the log of consent"


# Some 100,000 people. A longer list would keep the site waiting; the command takes any.
MOST_BYTES = 10_000_000


class ImportForm(forms.Form):
    """A file of people, and the proof that they agreed. Valid means taken in, all of it."""

    report: csv_io.Report
    file = forms.FileField(
        label="The file",
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
        help_text="A CSV file as Mailchimp, Kit, MailerLite, MailPoet or this site writes it.",
    )
    source = forms.CharField(
        label="Where they agreed",
        max_length=400,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="In your words, for the log of consent: “The sign-up form of my old site, with a mail to confirm”.",
    )
    are_confirmed = forms.BooleanField(
        required=False,
        label="Each of them confirmed the address there",
        help_text="Only if it is so. Otherwise those without a time of confirmation in the file come in unconfirmed: "
        "they get nothing, and are erased after a week unless they join themselves.",
    )

    def clean_file(self) -> Any:
        """The file; ValidationError for one that would keep the site waiting."""
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(
                f"The file has more than {MOST_BYTES // 1_000_000} MB. Split it, or let whoever keeps your server take"
                " it in with “manage.py newsletter_import”."
            )
        return file

    def clean(self) -> dict[str, Any]:
        """Take the file in; ValidationError, and nobody added, if it is none."""
        cleaned = self.cleaned_data
        if not self.errors:
            content = cleaned["file"].read()
            self.report = csv_io.take_in(content, source=cleaned["source"], are_confirmed=cleaned["are_confirmed"])
        return cleaned


@admin.register(Subscriber)
class SubscriberAdmin(admin.ModelAdmin):
    """People join, choose and leave by themselves; here they are looked up, helped and erased."""

    list_display = ("email", "status", "status_at", "created_at")
    list_filter = ("status", "topics", ("confirmed_at", admin.DateFieldListFilter))
    search_fields = ("email_key", "name")
    search_help_text = "An address, a part of one, or a name"
    date_hierarchy = "created_at"
    actions = ("erase_people",)
    fieldsets = (
        ("Who", {"fields": ("email", "name", "locale")}),
        ("Where they stand", {"fields": ("status", "status_at", "confirmed_at", "paused_until", "created_at")}),
    )
    readonly_fields = ("email", "status", "status_at", "confirmed_at", "paused_until", "created_at")
    inlines = (SubscriptionInline, ConsentInline)
    change_form_template = "admin/newsletter/subscriber/change_form.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        # Nobody is put on the list: they join, or are imported with the source of their consent.
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Subscriber | None = None) -> bool:
        # It would leave no mark against a later import; erasing does.
        return False

    def has_erase_permission(self, request: HttpRequest) -> bool:
        """Whether `request` may erase people: who may delete them, may."""
        return request.user.has_perm("newsletter.delete_subscriber")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Subscriber], search_term: str
    ) -> tuple[QuerySet[Subscriber], bool]:
        return super().get_search_results(
            request, queryset, email_key(search_term) if "@" in search_term else search_term
        )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method == "GET" and (trouble := sending.delivery_problem(SubscriberEmail.objects.all())):
            self.message_user(request, trouble, messages.WARNING)
        return super().changelist_view(request, extra_context)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("import/", view(self.take_in), name="newsletter_subscriber_import"),
            path("export/", view(self.export_all), name="newsletter_subscriber_export_all"),
            path("<int:key>/export/", view(self.export), name="newsletter_subscriber_export"),
            *super().get_urls(),
        ]

    def take_in(self, request: HttpRequest) -> HttpResponse:
        """A file from elsewhere, and where its people agreed."""
        if not request.user.has_perm("newsletter.import_subscriber"):
            raise PermissionDenied
        form: Any = ImportForm(request.POST or None, request.FILES or None)
        if form.is_valid():
            for sentence in form.report.sentences():
                self.message_user(request, sentence)
            return redirect("admin:newsletter_subscriber_changelist")
        context = self.admin_site.each_context(request) | {
            "title": "Import subscribers",
            "opts": self.opts,
            "adminform": AdminForm(form, [(None, {"fields": list(form.fields)})], {}),
        }
        return TemplateResponse(request, "admin/newsletter/subscriber/import.html", context)

    def export_all(self, request: HttpRequest) -> StreamingHttpResponse:
        """The whole list as CSV."""
        if not request.user.has_perm("newsletter.export_subscriber"):
            raise PermissionDenied
        name = f"subscribers-{timezone.localdate():%Y-%m-%d}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return StreamingHttpResponse(csv_io.lines(), content_type="text/csv; charset=utf-8", headers=headers)

    def export(self, request: HttpRequest, key: int) -> HttpResponse:
        """All that is kept about one person, as they may ask for it."""
        if not request.user.has_perm("newsletter.export_subscriber"):
            raise PermissionDenied
        subscriber = get_object_or_404(Subscriber, pk=key)
        response = JsonResponse(everything_about(subscriber), json_dumps_params={"indent": 2, "ensure_ascii": False})
        response["Content-Disposition"] = f'attachment; filename="subscriber-{subscriber.pk}.json"'
        return response

    @admin.action(description="Erase these people …", permissions=["erase"])
    def erase_people(self, request: HttpRequest, queryset: QuerySet[Subscriber]) -> TemplateResponse | None:
        """Ask first, then erase all that is kept about them, but for the mark that keeps them from coming back."""
        if "erase" in request.POST:
            people = list(queryset)
            for subscriber in people:
                subscriber.erase()
            self.message_user(request, f"{'1 person is' if len(people) == 1 else f'{len(people)} people are'} erased.")
            return None
        context = self.admin_site.each_context(request) | {
            "title": "Erase these people?",
            "opts": self.opts,
            "rows": queryset.order_by("email_key")[:100],
            "number": queryset.count(),
            "chosen": request.POST.getlist("_selected_action"),
            "is_all": request.POST.get("select_across", "0"),
        }
        return TemplateResponse(request, "admin/newsletter/subscriber/erase.html", context)


@admin.register(Topic)
class TopicAdmin(admin.ModelAdmin):
    """What people can choose."""

    list_display = ("name", "is_public", "is_default", "readers", "position")
    list_editable = ("position",)
    prepopulated_fields = {"slug": ("name",)}
    fields = ("name", "slug", "description", "is_public", "is_default", "position")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Topic]:
        wanted = Q(subscriptions__is_wanted=True, subscriptions__subscriber__status=Subscriber.Status.ACTIVE)
        return super().get_queryset(request).annotate(readers=Count("subscriptions", filter=wanted))

    def has_delete_permission(self, request: HttpRequest, obj: Topic | None = None) -> bool:
        """Not of one that somebody chose or refused: what they said would be forgotten, and a refusal with it."""
        return super().has_delete_permission(request, obj) and not (obj and obj.subscriptions.exists())

    @admin.display(description="want it", ordering="readers")
    def readers(self, topic: Any) -> int:
        return int(topic.readers)


@admin.register(ConsentText)
class ConsentTextAdmin(admin.ModelAdmin):
    """Wordings are added, and never changed: earlier subscribers agreed to the earlier one."""

    list_display = ("__str__", "text", "created_at")
    list_filter = ("key",)
    fields = ("text",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The words that hold now, to be bettered."""
        return {"text": ConsentText.objects.current(ConsentText.Key.CONFIRM).text}

    def save_model(self, request: HttpRequest, obj: ConsentText, form: Any, change: bool) -> None:
        """As a new version for the page that confirms."""
        obj.key = ConsentText.Key.CONFIRM
        obj.version = ConsentText.objects.next_version(obj.key)
        super().save_model(request, obj, form, change)


class BlockForm(forms.ModelForm):
    """An address to be mailed never again."""

    address = EmailField(
        label="E-mail address",
        validators=[validate_deliverable],
        help_text="No campaign and no import reaches it from now on, nor any mail from the sign-up form. Only a mark "
        "that nobody can read back is kept, not the address.",
    )

    class Meta:
        model = Suppression
        fields = ("address",)

    def clean_address(self) -> str:
        """The address, once it is known not to be blocked by hand already."""
        address: str = self.cleaned_data["address"]
        if Suppression.objects.of(address).filter(reason=Suppression.Reason.MANUAL).exists():
            raise forms.ValidationError("You have blocked this address already.")
        return address


@admin.register(Suppression)
class SuppressionAdmin(admin.ModelAdmin):
    """Known by hash only, so it can be asked about one address and not read through."""

    list_display = ("reason", "at")
    list_display_links = None
    search_fields = ("email_hash",)
    search_help_text = "The whole address: whether it is here, why, and since when"
    form = BlockForm

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) or super().has_change_permission(request, obj)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Suppression], search_term: str
    ) -> tuple[QuerySet[Suppression], bool]:
        """Exactly the address that was typed; nothing without one."""
        return queryset.filter(email_hash=email_hash(search_term)), False

    def save_model(self, request: HttpRequest, obj: Suppression, form: Any, change: bool) -> None:
        hashed = email_hash(form.cleaned_data["address"])
        Suppression.objects.add(hashed, Suppression.Reason.MANUAL)
        obj.pk = Suppression.objects.get(email_hash=hashed).pk

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Not in the desk's log, which is kept longer."""
