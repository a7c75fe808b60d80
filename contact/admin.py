"""Admin for messages, replies and contact settings."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet, TextField
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.defaultfilters import pluralize
from django.template.response import TemplateResponse
from django.urls import reverse
from solo.admin import SingletonModelAdmin

from contact.email_delivery import delivery_problem
from contact.models import ContactSettings, Message, Reply
from plaintext.numbers import parse_pk
from siteinfo.local_time import format_date
from siteinfo.models import SiteInfo
from siteinfo.urls import admin_url

INBOX = "admin:contact_message_changelist"


class ReplyInline(admin.StackedInline):
    """The replies to a message, read-only."""

    model = Reply
    extra = 0
    can_delete = False
    fields = readonly_fields = ("body", "author", "created_at", "email_status")

    def has_add_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        """Return False: replies are written in their own form."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Reply | None = None) -> bool:
        """Return False: a reply cannot be changed after it was sent."""
        return False

    @admin.display(description="email")
    def email_status(self, reply: Reply) -> str:
        """Return whether the reply was sent."""
        return reply.status_text


@admin.register(Message)
class MessageAdmin(admin.ModelAdmin):
    """The inbox. Messages can be answered, archived and deleted, but not added or edited."""

    list_display = ("subject", "name", "status", "created_at")
    list_filter = ("status",)
    # New messages come first.
    ordering = (F("handled_at").desc(nulls_first=True), "-created_at", "-pk")
    search_fields = (
        "subject__contains_folded",
        "body__contains_folded",
        "name__contains_folded",
        "email__contains_folded",
    )
    search_help_text = "Search messages, names and email addresses"
    actions = ("mark_answered", "archive", "mark_spam", "mark_new", "retry_emails", "delete_senders")
    fieldsets = (
        ("Message", {"fields": (("name", "email", "created_at"), "body")}),
        ("Status", {"fields": ("status", "email_status", "handled_at")}),
    )
    readonly_fields = ("name", "email", "created_at", "body", "email_status", "handled_at")
    inlines = (ReplyInline,)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: only the contact form adds messages."""
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Warn if messages are not emailed."""
        if request.method == "GET" and (problem := delivery_problem()):
            self.message_user(request, problem, messages.WARNING)
        return super().changelist_view(request, extra_context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the subject as the title."""
        message = self.get_object(request, object_id)
        title = {"title": message.subject, "subtitle": None} if message else {}
        return super().change_view(request, object_id, form_url, {**title, **(extra_context or {})})

    @admin.display(description="notification email")
    def email_status(self, message: Message) -> str:
        """Return whether the message was emailed to the site."""
        return message.status_text

    @admin.action(description="Mark as answered", permissions=["change"])
    def mark_answered(self, request: HttpRequest, queryset: Any) -> None:
        """Mark the selected messages as answered."""
        self._set_status(request, queryset, Message.Status.ANSWERED)

    @admin.action(description="Archive", permissions=["change"])
    def archive(self, request: HttpRequest, queryset: Any) -> None:
        """Archive the selected messages."""
        self._set_status(request, queryset, Message.Status.ARCHIVED)

    @admin.action(description="Mark as spam", permissions=["change"])
    def mark_spam(self, request: HttpRequest, queryset: Any) -> None:
        """Mark the selected messages as spam."""
        self._set_status(request, queryset, Message.Status.SPAM)

    @admin.action(description="Mark as new", permissions=["change"])
    def mark_new(self, request: HttpRequest, queryset: Any) -> None:
        """Mark the selected messages as new."""
        self._set_status(request, queryset, Message.Status.NEW)

    def _set_status(self, request: HttpRequest, queryset: Any, status: Message.Status) -> None:
        count = queryset.order_by().set_status(status)
        self.message_user(request, f"Marked {count} message{pluralize(count)} as {status.label.lower()}.")

    @admin.action(description="Retry all failed emails", permissions=["change"])
    def retry_emails(self, request: HttpRequest, queryset: Any) -> None:
        """Make every failed email of messages and replies due now."""
        count = Message.objects.retry_failed() + Reply.objects.retry_failed()
        if count:
            self.message_user(request, f"Retrying {count} email{pluralize(count)} within seconds.")
        else:
            self.message_user(request, "No failed emails to retry.")

    @admin.action(description="Delete everything from these senders…", permissions=["delete"])
    def delete_senders(self, request: HttpRequest, queryset: Any) -> TemplateResponse | None:
        """Ask for confirmation, then delete all messages from the selected senders and the replies to them."""
        rows: QuerySet[Message] = Message.objects.filter(pk__in=queryset.values("pk")).from_same_senders()
        if "confirm" in request.POST:
            count = rows.count()
            rows.delete()
            self.message_user(request, f"Deleted {count} message{pluralize(count)}.")
            return None
        context = self.admin_site.each_context(request) | {
            "title": "Delete everything from these senders?",
            "opts": self.opts,
            "rows": rows.order_by("email", "created_at"),
            "selected": request.POST.getlist("_selected_action"),
            "is_all": request.POST.get("select_across", "0"),
        }
        return TemplateResponse(request, "admin/contact/message/delete_senders.html", context)


@admin.register(Reply)
class ReplyAdmin(admin.ModelAdmin):
    """The form for a reply, at `add/?message=<pk>`. Sent replies are shown with their message."""

    fields = ("body",)
    formfield_overrides = {TextField: {"widget": AdminTextareaWidget(attrs={"rows": 18})}}

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Require permission to view messages too, because the form quotes one."""
        return super().has_add_permission(request) and request.user.has_perm("contact.view_message")

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        """Return no permissions, so that replies have no entry on the dashboard."""
        return {}

    def has_change_permission(self, request: HttpRequest, obj: Reply | None = None) -> bool:
        """Return False: a reply cannot be changed after it was sent."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Reply | None = None) -> bool:
        """Allow deleting replies only together with their message."""
        return obj is None and super().has_delete_permission(request)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Redirect to the inbox: replies have no list."""
        if not request.user.has_perm("contact.view_message"):
            raise PermissionDenied
        return HttpResponseRedirect(reverse(INBOX))

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Return a greeting, space for the reply, a closing and the quoted message."""
        message = _requested_message(request)
        site = SiteInfo.load()
        quote = "\n".join(f"> {line}".rstrip() for line in message.body.splitlines())
        day = format_date(message.created_at)
        return {"body": f"Hello {message.name},\n\n\n\nBest wishes,\n{site.name}\n\nOn {day} you wrote:\n{quote}\n"}

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the recipient in the title."""
        message = _requested_message(request)
        title = f"Reply to {message.name} <{message.email}>"
        return super().add_view(request, form_url, {"title": title, **(extra_context or {})})

    def save_model(self, request: HttpRequest, obj: Reply, form: Any, change: bool) -> None:
        """Queue the reply for the worker. A double click queues it once."""
        message = get_object_or_404(Message.objects.select_for_update(), pk=_requested_message(request).pk)
        if duplicate := message.replies.filter(body=obj.body).first():
            obj.pk = duplicate.pk
            return
        obj.message, obj.author_id = message, request.user.pk
        super().save_model(request, obj, form, change)
        Message.objects.filter(pk=message.pk).set_status(Message.Status.ANSWERED)

    def response_add(self, request: HttpRequest, obj: Reply, post_url_continue: str | None = None) -> HttpResponse:
        """Return to the message."""
        self.message_user(request, "Your reply will be sent within seconds.", messages.SUCCESS)
        return HttpResponseRedirect(admin_url(_requested_message(request)))


def _requested_message(request: HttpRequest) -> Message:
    """Return the message named in the query string. Raises Http404 without one."""
    pk = parse_pk(request.GET.get("message"))
    if pk is None:
        raise Http404("Specify the message to reply to.")
    return get_object_or_404(Message, pk=pk)


@admin.register(ContactSettings)
class ContactSettingsAdmin(SingletonModelAdmin):
    """The single row of contact settings."""
