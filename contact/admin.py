"""The inbox on the writing desk."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.db.models import F, QuerySet, TextField
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from solo.admin import SingletonModelAdmin

from contact import mailing
from contact.models import ContactSettings, Message, Reply
from siteinfo.models import SiteInfo

INBOX = "admin:contact_message_changelist"


class ReplyInline(admin.StackedInline):
    """What was answered so far."""

    model = Reply
    extra = 0
    can_delete = False
    fields = readonly_fields = ("body", "author", "created_at", "mail")

    def has_add_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Reply | None = None) -> bool:
        return False

    @admin.display(description="mail")
    def mail(self, reply: Reply) -> str:
        return reply.status_text


@admin.register(Message)
class MessageAdmin(admin.ModelAdmin):
    """Messages are read, answered, set aside and erased; nobody writes or changes one."""

    list_display = ("subject", "name", "state", "created_at")
    list_filter = ("state",)
    # What waits stands first.
    ordering = (F("handled_at").desc(nulls_first=True), "-created_at", "-pk")
    search_fields = ("subject", "body", "name", "email")
    search_help_text = "Words of the message, the sender's name or address"
    actions = ("mark_answered", "archive", "mark_spam", "mark_new", "mail_again", "erase_people")
    fieldsets = (
        ("What they wrote", {"fields": (("name", "email", "created_at"), "body")}),
        ("What you do", {"fields": ("state", "mail", "handled_at")}),
    )
    readonly_fields = ("name", "email", "created_at", "body", "mail", "handled_at")
    inlines = (ReplyInline,)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method == "GET" and (trouble := mailing.trouble()):
            self.message_user(request, trouble, messages.WARNING)
        return super().changelist_view(request, extra_context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        message = self.get_object(request, object_id)
        title = {"title": message.subject, "subtitle": None} if message else {}
        return super().change_view(request, object_id, form_url, {**title, **(extra_context or {})})

    @admin.display(description="mail to you")
    def mail(self, message: Message) -> str:
        return message.status_text

    # ---- What can be done ---------------------------------------------------------------------------

    @admin.action(description="Mark as answered", permissions=["change"])
    def mark_answered(self, request: HttpRequest, queryset: Any) -> None:
        self._move(request, queryset, Message.State.ANSWERED)

    @admin.action(description="Archive", permissions=["change"])
    def archive(self, request: HttpRequest, queryset: Any) -> None:
        self._move(request, queryset, Message.State.ARCHIVED)

    @admin.action(description="Mark as spam", permissions=["change"])
    def mark_spam(self, request: HttpRequest, queryset: Any) -> None:
        self._move(request, queryset, Message.State.SPAM)

    @admin.action(description="Mark as new", permissions=["change"])
    def mark_new(self, request: HttpRequest, queryset: Any) -> None:
        self._move(request, queryset, Message.State.NEW)

    def _move(self, request: HttpRequest, queryset: Any, state: Message.State) -> None:
        number = queryset.order_by().move_to(state)
        words = "1 message is" if number == 1 else f"{number} messages are"
        self.message_user(request, f"{words} now “{state.label.lower()}”.")

    @admin.action(description="Try again to send the mails of all", permissions=["change"])
    def mail_again(self, request: HttpRequest, queryset: Any) -> None:
        number = Message.objects.retry_failed() + Reply.objects.retry_failed()
        words = "1 mail is" if number == 1 else f"{number} mails are"
        self.message_user(request, f"{words} tried again within seconds." if number else "No mail waits to be sent.")

    @admin.action(description="Erase all that these people wrote …", permissions=["delete"])
    def erase_people(self, request: HttpRequest, queryset: Any) -> TemplateResponse | None:
        """Ask first, then erase all messages from the addresses of the chosen ones, with the replies to them."""
        rows: QuerySet[Message] = Message.objects.filter(pk__in=queryset.values("pk")).of_the_same_people()
        if "erase" in request.POST:
            number = rows.count()
            rows.delete()
            self.message_user(request, f"{'1 message is' if number == 1 else f'{number} messages are'} erased.")
            return None
        context = self.admin_site.each_context(request) | {
            "title": "Erase all that these people wrote?",
            "opts": self.opts,
            "rows": rows.order_by("email", "created_at"),
            "chosen": request.POST.getlist("_selected_action"),
            "is_all": request.POST.get("select_across", "0"),
        }
        return TemplateResponse(request, "admin/contact/message/erase.html", context)


@admin.register(Reply)
class ReplyAdmin(admin.ModelAdmin):
    """Where a reply is written: `add/?message=`. Once written it is on its way, and shown with the message."""

    fields = ("body",)
    formfield_overrides = {TextField: {"widget": AdminTextareaWidget(attrs={"rows": 18})}}

    def has_add_permission(self, request: HttpRequest) -> bool:
        # The form quotes what was asked.
        return super().has_add_permission(request) and request.user.has_perm("contact.view_message")

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        return {}  # no list of its own among the things of the desk

    def has_change_permission(self, request: HttpRequest, obj: Reply | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Reply | None = None) -> bool:
        # Erasing a message erases its replies; that is what this permission is asked for.
        return obj is None and super().has_delete_permission(request)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return HttpResponseRedirect(reverse(INBOX))

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A greeting, room for words, the site's name, and what was asked."""
        message = _asked(request)
        site = SiteInfo.objects.first() or SiteInfo()
        quote = "\n".join(f"> {line}".rstrip() for line in message.body.splitlines())
        day = date_format(localtime(message.created_at), "F j, Y")
        return {"body": f"Hello {message.name},\n\n\n\nBest wishes,\n{site.name}\n\nOn {day} you wrote:\n{quote}\n"}

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        message = _asked(request)
        title = f"Reply to {message.name} <{message.email}>"
        return super().add_view(request, form_url, {"title": title, **(extra_context or {})})

    def save_model(self, request: HttpRequest, obj: Reply, form: Any, change: bool) -> None:
        """Keep it for the worker, once: a second press with the same words means the first."""
        message = get_object_or_404(Message.objects.select_for_update(), pk=_asked(request).pk)
        if twin := message.replies.filter(body=obj.body).first():
            obj.pk = twin.pk
            return
        obj.message, obj.author_id = message, request.user.pk
        super().save_model(request, obj, form, change)
        Message.objects.filter(pk=message.pk).move_to(Message.State.ANSWERED)

    def response_add(self, request: HttpRequest, obj: Reply, post_url_continue: str | None = None) -> HttpResponse:
        self.message_user(request, "Your reply goes out within seconds.", messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:contact_message_change", args=[_asked(request).pk]))


def _asked(request: HttpRequest) -> Message:
    """The message that the address of the page names; Http404 without it."""
    key = request.GET.get("message", "")
    if not key.isdecimal():
        raise Http404("A reply needs a message.")
    return get_object_or_404(Message, pk=key)


@admin.register(ContactSettings)
class ContactSettingsAdmin(SingletonModelAdmin):
    """One row, one field."""
