"""Campaigns on the writing desk: begun, written, looked at. How they are sent is in `newsletter.admin.sending`."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.forms import Script
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from blog.models import LARGE_FIELDS, Post
from images.admin import WithImagePicker
from newsletter.admin.sending import TONES, SendingPages
from newsletter.campaigns import preflight, templates
from newsletter.models import Campaign, Delivery
from public_forms.fields import strip_invisible
from publishing.autosave import AutosaveAdmin
from publishing.forms import AutosaveForm
from richtext.forms import RichTextField

_STATUS = Campaign.Status
# What lists need not read.
BIG = ("body", "frozen_html", "frozen_text")
LOCKED = ("newsletter_campaign_change", "newsletter_campaign_delete")


class CampaignForm(AutosaveForm):
    """The words of a campaign and whom they go to. When it goes out is asked on the next page."""

    body = RichTextField(
        label="Text",
        required=False,
        help_text="What readers get, between the head of the mail and your address at its end. It is kept while you "
        "type. “?” in the toolbar shows what the keyboard can do.",
    )

    class Meta:
        model = Campaign
        fields = ("subject", "preheader", "body", "topic", "post", "is_in_archive")
        widgets = {
            name: forms.TextInput(attrs={"class": "vTextField", "data-max-length": most})
            for name, most in (("subject", preflight.SUBJECT_LENGTH), ("preheader", preflight.PREHEADER_LENGTH))
        }

    def _post_clean(self) -> None:
        """What is scheduled goes out by itself, so it has to stay fit to go."""
        super()._post_clean()  # type: ignore[misc]
        if self.instance.status == _STATUS.SCHEDULED and not self.errors:
            for finding in preflight.look_at(self.instance).stops:
                self.add_error(None, ValidationError(f"{finding.words} {finding.advice}"))
            if self.errors:
                advice = "Mend that, or take it back to draft first: your words are not saved yet, and still here."
                self.add_error(None, advice)


class CampaignList(ChangeList):
    """The list with how many mails of each have gone out: one query for the page."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list: Any = list(self.result_list)
        sent = Delivery.objects.filter(campaign__in=self.result_list, status=Delivery.Status.SENT).order_by()
        numbers = dict(sent.values_list("campaign").annotate(Count("pk")))
        for campaign in self.result_list:
            campaign.sent = numbers.get(campaign.pk, 0)


@admin.register(Campaign)
class CampaignAdmin(SendingPages, WithImagePicker, AutosaveAdmin):
    """Who may change campaigns writes them; who may send them lets them go."""

    form = CampaignForm
    name_field = "subject"
    list_display = ("subject", "state", "kind", "when", "gone_out")
    list_filter = ("status", "kind", ("topic", admin.RelatedOnlyFieldListFilter))
    list_per_page = 30
    search_fields = ("subject", "frozen_subject")
    search_help_text = "Words of the subject"
    actions = None
    autocomplete_fields = ("post",)
    change_list_template = "admin/newsletter/campaign/change_list.html"
    change_form_template = "admin/newsletter/campaign/change_form.html"
    fieldsets = (
        ("Write", {"fields": ("subject", "preheader", "body", "base_version", "autosave_key", "restored_from")}),
        ("For whom, and where", {"fields": ("topic", "post", "is_in_archive")}),
    )

    class Media:
        css = {"all": ("publishing/publishing.css",)}
        js = (
            Script("publishing/autosave.js", type="module"),
            Script("admin_theme/character-counter.js", type="module"),
        )

    # ---- The list -----------------------------------------------------------------------------------

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return CampaignList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Campaign]:
        name = request.resolver_match.url_name if request.resolver_match else ""
        if name == "newsletter_campaign_changelist":
            return super().get_queryset(request).defer(*BIG)
        # The worker must not begin it between a look at its state and the save.
        is_saved = request.method == "POST" and name in LOCKED
        return super().get_queryset(request).select_for_update() if is_saved else super().get_queryset(request)

    @admin.display(description="state", ordering="status")
    def state(self, campaign: Campaign) -> SafeString:
        tone = TONES.get(campaign.status, "")
        return format_html('<span class="state state--{}">{}</span>', tone, campaign.get_status_display())

    @admin.display(description="when", ordering="scheduled_at")
    def when(self, campaign: Campaign) -> str:
        words, time = "Written", campaign.created_at
        if campaign.status == _STATUS.SCHEDULED and campaign.scheduled_at:
            words, time = "Goes out", campaign.scheduled_at
        elif campaign.finished_at:
            words, time = "Ended", campaign.finished_at
        elif campaign.started_at:
            words, time = "Began", campaign.started_at
        year = "" if time.year == timezone.now().year else ", Y"
        return f"{words} {date_format(timezone.localtime(time), f'M j{year}, H:i')}"

    @admin.display(description="sent")
    def gone_out(self, campaign: Any) -> str:
        return "" if campaign.total is None else f"{campaign.sent:,} of {campaign.total:,}"

    # ---- Who may ------------------------------------------------------------------------------------

    def has_change_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        """Its words, while they can be changed; those of a scheduled one go out unseen, so only who may send may."""
        may = super().has_change_permission(request, obj)
        if obj is None or not may:
            return may
        return obj.is_editable and (obj.status == _STATUS.DRAFT or self.may_send(request))

    def has_delete_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        """Drafts only: what was sent stays, with whom it went to."""
        return super().has_delete_permission(request, obj) and (obj is None or obj.status == _STATUS.DRAFT)

    # ---- Writing ------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        return [self.route("from-post/", self.from_post, "from_post"), *super().get_urls()]

    def from_post(self, request: HttpRequest) -> HttpResponse:
        """Choose the post that a campaign is to be about."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        words = strip_invisible(request.GET.get("q", "")).strip()[:200]
        posts = Post.objects.published().newest_first().defer(*LARGE_FIELDS).prefetch_related("campaigns")
        if words:
            posts = posts.filter(title__icontains=words)
        page = Paginator(posts, 20).get_page(request.GET.get("page"))
        return self.page(request, "from_post", "Which post?", posts=page, words=words)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """What `?post=` or `?new` begins with. Nothing is stored before it is saved."""
        key = request.GET.get("post", "")
        # Drafts only for those who may read them anyway.
        sees_drafts = any(request.user.has_perm(f"blog.{right}_post") for right in ("view", "change"))
        posts = Post.objects.all() if sees_drafts else Post.objects.published()
        if key.isdecimal() and len(key) < 19 and (post := posts.filter(pk=key).first()):
            return templates.from_post(post, whole="whole" in request.GET)
        return templates.from_new_posts() if "new" in request.GET else {}

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if request.method == "GET" and "new" in request.GET and not templates.from_new_posts():
            when = date_format(timezone.localtime(templates.since()), "F j")
            self.message_user(request, f"Nothing was published since {when}, so it begins empty.", messages.WARNING)
        return super().add_view(request, form_url, {"title": "A new campaign", **(extra_context or {})})

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        campaign = self.get_seen(request, unquote(object_id)) if object_id else None
        if campaign is None:
            return super().changeform_view(request, object_id, form_url, extra_context)
        may_write = self.has_change_permission(request, campaign)
        if request.method == "POST" and not may_write and self.has_add_permission(request):
            # It was let go while somebody wrote. Their words are not lost: they are a new draft.
            begun = {"title": "It is on its way meanwhile", "begun": campaign}
            return super().changeform_view(request, None, form_url, begun)
        if not may_write:
            return redirect(self._address("progress", campaign.pk))
        context = {
            "title": campaign.subject or "Untitled",
            "subtitle": None,
            **self.autosave_context(request, campaign),
        }
        if request.method == "GET":
            context |= {
                "preflight": preflight.look_at(campaign),
                "test_emails": campaign.test_emails.defer("html", "text")[:5],
            }
        return super().changeform_view(request, object_id, form_url, {**(extra_context or {}), **context})

    def get_readonly_fields(self, request: HttpRequest, obj: Campaign | None = None) -> tuple[str, ...]:
        """What goes out by itself stays about what it is about."""
        return () if obj is None or obj.kind == Campaign.Kind.MANUAL else ("post",)

    def get_form(self, request: HttpRequest, obj: Campaign | None = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        for name in {"topic", "post"} & form.base_fields.keys():
            # Chosen here; made and changed in their own places.
            widget = form.base_fields[name].widget
            widget.can_add_related = widget.can_change_related = False
            widget.can_delete_related = widget.can_view_related = False
        if "topic" in form.base_fields:
            form.base_fields["topic"].empty_label = "Everybody on the list"
        if obj and obj.kind != Campaign.Kind.MANUAL and "post" in form.base_fields:
            # There is one such mail about a post, once ever.
            form.base_fields["post"].disabled = True
        return form

    def new_draft(self, request: HttpRequest, name: str) -> Campaign:
        return Campaign.objects.create(subject=name[:150] or "Untitled")

    def autosave(self, request: HttpRequest, object_id: int | None = None) -> JsonResponse:
        """As of all kept forms; a campaign that was let go meanwhile keeps no more, and the page says so."""
        campaign = self.get_seen(request, object_id) if object_id else None
        if campaign and self.has_change_permission(request) and not self.has_change_permission(request, campaign):
            words = f"The campaign is “{campaign.get_status_display().lower()}” by now. Your words are kept in this "
            return JsonResponse({"error": f"{words}browser: save them, and they are a new draft."}, status=409)
        return super().autosave(request, object_id)

    def keep_typed(self, request: HttpRequest, key: int) -> None:
        """Keep what was typed and not saved when a button that stands in the form did something else."""
        campaign = self.get_seen(request, key) if "autosave_key" in request.POST else None
        if campaign and self.has_change_permission(request, campaign):
            form = super().get_form(request, campaign, change=True)(request.POST, instance=campaign)
            if set(form.changed_data) & set(CampaignForm.Meta.fields):
                self.autosave(request, campaign.pk)

    def save_model(self, request: HttpRequest, obj: Campaign, form: Any, change: bool) -> None:
        if not change:
            obj.save()
            return
        obj.version += 1
        # Not its state, which the worker may have changed since this form was made.
        obj.save(update_fields=[*CampaignForm.Meta.fields, "version"])

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        self.delete_autosaves(request, form)

    def response_add(self, request: HttpRequest, obj: Campaign, post_url_continue: str | None = None) -> HttpResponse:
        begun = unquote(request.resolver_match.kwargs.get("object_id", "")) if request.resolver_match else ""
        if begun:
            text = "The campaign is on its way, with the words it had. Yours are kept here, as a new draft."
            self.message_user(request, text, messages.WARNING)
            return redirect(self._address("change", obj.pk))
        return self.response_change(request, obj)

    def response_change(self, request: HttpRequest, obj: Campaign) -> HttpResponse:
        """Stay with the text, or go on to sending it."""
        if "_send" in request.POST:
            return redirect(self._address("send", obj.pk))
        words = "Saved. It still goes out at its time." if obj.status == _STATUS.SCHEDULED else "Saved as a draft."
        self.message_user(request, words, messages.SUCCESS)
        return redirect(self._address("change", obj.pk))

    def page(self, request: HttpRequest, template: str, title: str, **context: Any) -> TemplateResponse:
        """A page of the desk about campaigns."""
        frame = {**self.admin_site.each_context(request), "title": title, "opts": self.opts}
        return TemplateResponse(request, f"admin/newsletter/campaign/{template}.html", {**frame, **context})
