"""Campaigns in the admin: list, create and edit. `newsletter.admin.sending` has the pages for sending."""

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
from django.utils.html import format_html
from django.utils.safestring import SafeString

from blog.models import LARGE_FIELDS as LARGE_POST_FIELDS
from blog.models import Post
from images.admin import ImagePickerMixin
from newsletter.admin.progress import STATUS_TONES
from newsletter.admin.sending import CampaignSendingAdmin
from newsletter.campaigns import preflight, templates
from newsletter.models import Campaign, Delivery
from newsletter.models.campaigns import LARGE_FIELDS
from plaintext.characters import strip_control_characters
from plaintext.numbers import parse_pk
from publishing.autosave import AutosaveAdmin
from publishing.forms import UNTITLED, AutosaveForm, TitleInput
from richtext.forms import RichTextField
from siteinfo.autocomplete import AutocompleteMixin
from siteinfo.local_time import format_day, format_moment

_STATUS = Campaign.Status
MAX_SUBJECT_LENGTH = 150
POSTS_PER_PAGE = 20
# Views whose POST must not run while a worker starts the campaign.
LOCKING_VIEWS = ("newsletter_campaign_change", "newsletter_campaign_delete")


class CampaignForm(AutosaveForm):
    """The content and audience of a campaign. When to send it is asked on a separate page."""

    body = RichTextField(
        label="Text",
        required=False,
    )

    class Meta:
        model = Campaign
        fields = ("subject", "preheader", "body", "topic", "post", "is_in_archive")
        widgets = {
            "subject": TitleInput({"placeholder": "Subject", "data-max-length": preflight.SUBJECT_LENGTH}),
            "preheader": forms.TextInput({"class": "vTextField", "data-max-length": preflight.PREHEADER_LENGTH}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "subject" in self.fields:
            self.fields["subject"].required = self.instance.status == _STATUS.SCHEDULED

    def clean_subject(self) -> str:
        """Return the subject as one line; a draft may do without."""
        return " ".join(self.cleaned_data["subject"].split()) or UNTITLED

    def _post_clean(self) -> None:
        """Keep a scheduled campaign valid, because it will be sent without further confirmation."""
        super()._post_clean()  # type: ignore[misc]
        if self.instance.status == _STATUS.SCHEDULED and not self.errors:
            for finding in preflight.run_preflight(self.instance).stops:
                self.add_error(None, ValidationError(f"{finding.message} {finding.advice}"))
            if self.errors:
                self.add_error(
                    None, "Your changes are not saved yet. Fix this, or turn the campaign into a draft first."
                )


class CampaignChangeList(ChangeList):
    """Adds the number of emails sent to each campaign, with one query per page."""

    def get_results(self, request: HttpRequest) -> None:
        """Load the page and set `sent` on its campaigns."""
        super().get_results(request)
        self.result_list: Any = list(self.result_list)
        sent = Delivery.objects.filter(campaign__in=self.result_list, status=Delivery.Status.SENT).order_by()
        counts = dict(sent.values_list("campaign").annotate(Count("pk")))
        for campaign in self.result_list:
            campaign.sent = counts.get(campaign.pk, 0)


@admin.register(Campaign)
class CampaignAdmin(AutocompleteMixin, CampaignSendingAdmin, ImagePickerMixin, AutosaveAdmin):
    """Editing needs the permission to change campaigns; sending and stopping needs the permission to send them."""

    form = CampaignForm
    name_field = "subject"
    list_display = ("subject", "status_badge", "kind", "date", "sent_count")
    list_filter = ("status", "kind", ("topic", admin.RelatedOnlyFieldListFilter))
    list_per_page = 30
    search_fields = ("subject__contains_folded", "frozen_subject__contains_folded")
    search_help_text = "Search subjects"
    actions = None
    autocomplete_fields = ("post",)
    change_list_template = "admin/newsletter/campaign/change_list.html"
    change_form_template = "admin/newsletter/campaign/change_form.html"
    fieldsets = (
        (None, {"fields": ("subject", "body", "base_version", "autosave_key", "restored_from")}),
        ("Preview text", {"fields": ("preheader",)}),
        ("Audience", {"classes": ("collapse",), "fields": ("topic", "post", "is_in_archive")}),
    )

    class Media:
        css = {"all": ("publishing/publishing.css",)}
        js = (
            Script("publishing/editor.js", type="module"),
            Script("admin_theme/character-counter.js", type="module"),
        )

    # ---- Change list --------------------------------------------------------------------------------

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Return the change list that counts sent emails."""
        return CampaignChangeList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Campaign]:
        """Return the campaigns. Lock a campaign while it is saved or deleted, so that no worker starts it."""
        queryset = super().get_queryset(request)
        view_name = request.resolver_match.url_name if request.resolver_match else ""
        if view_name == "newsletter_campaign_changelist":
            # Those of sequences are shown with their sequence.
            return queryset.exclude(kind=Campaign.Kind.SEQUENCE).defer(*LARGE_FIELDS)
        if request.method == "POST" and view_name in LOCKING_VIEWS:
            return queryset.select_for_update()
        return queryset

    @admin.display(description="status", ordering="status")
    def status_badge(self, campaign: Campaign) -> SafeString:
        """Return the status as a colored badge."""
        tone = STATUS_TONES.get(campaign.status, "")
        return format_html('<span class="state state--{}">{}</span>', tone, campaign.get_status_display())

    @admin.display(description="date", ordering="scheduled_at")
    def date(self, campaign: Campaign) -> str:
        """Return the latest event of the campaign and its time."""
        label, time = _latest_event(campaign)
        return f"{label} {format_moment(time)}"

    @admin.display(description="sent")
    def sent_count(self, campaign: Any) -> str:
        """Return the number of emails sent out of all."""
        return "" if campaign.total is None else f"{campaign.sent:,} of {campaign.total:,}"

    # ---- Permissions --------------------------------------------------------------------------------

    def has_change_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        """Allow editing drafts. A scheduled campaign is sent as saved, so editing it also takes the send permission."""
        if not super().has_change_permission(request, obj):
            return False
        if obj is None:
            return True
        return obj.is_editable and (obj.status == _STATUS.DRAFT or self.has_send_permission(request))

    def has_delete_permission(self, request: HttpRequest, obj: Campaign | None = None) -> bool:
        """Allow deleting drafts only; sent campaigns are kept with their deliveries."""
        return super().has_delete_permission(request, obj) and (obj is None or obj.status == _STATUS.DRAFT)

    # ---- Creating and editing -----------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """Add the page that starts a campaign from a post."""
        return [self.route("from-post/", self.from_post, "from_post"), *super().get_urls()]

    def from_post(self, request: HttpRequest) -> HttpResponse:
        """List published posts to start a campaign from."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        query = strip_control_characters(request.GET.get("q", "")).strip()[:200]
        posts = Post.objects.published().newest_first().defer(*LARGE_POST_FIELDS).prefetch_related("campaigns")
        if query:
            posts = posts.filter(title__contains_folded=query)
        page = Paginator(posts, POSTS_PER_PAGE).get_page(request.GET.get("page"))
        return self.render_page(request, "from_post", "Choose a post", posts=page, query=query)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Return the content that `?post=` or `?new` asks for. Nothing is stored until the author saves it."""
        can_see_drafts = any(request.user.has_perm(f"blog.{action}_post") for action in ("view", "change"))
        posts = Post.objects.all() if can_see_drafts else Post.objects.published()
        if post := posts.filter(pk=parse_pk(request.GET.get("post")) or 0).first():
            return templates.from_post(post, full_text="full" in request.GET)
        return templates.from_new_posts() if "new" in request.GET else {}

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Show an empty campaign or one from posts; say so if there are no new posts."""
        if request.method == "GET" and "new" in request.GET and not templates.from_new_posts():
            since = format_day(templates.last_sent_at())
            message = f"No posts were published since {since}, so the campaign is empty."
            self.message_user(request, message, messages.WARNING)
        return super().add_view(request, form_url, {"title": "New campaign", **(extra_context or {})})

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """Show the form; save the text of a campaign that has started by then as a new draft."""
        campaign = self.get_campaign(request, unquote(object_id)) if object_id else None
        if campaign is None:
            return super().changeform_view(request, object_id, form_url, extra_context)
        can_edit = self.has_change_permission(request, campaign)
        if request.method == "POST" and not can_edit and self.has_add_permission(request):
            context = {"title": "This campaign has already started sending", "started_campaign": campaign}
            return super().changeform_view(request, None, form_url, context)
        if not can_edit:
            return redirect(self._url("progress", campaign.pk))
        context = {"title": campaign.subject or "Untitled", "subtitle": None}
        context |= self.autosave_context(request, campaign)
        if request.method == "GET":
            context["preflight"] = preflight.run_preflight(campaign)
            context["test_emails"] = campaign.test_emails.defer("html", "text")[:5]
        return super().changeform_view(request, object_id, form_url, {**(extra_context or {}), **context})

    def get_readonly_fields(self, request: HttpRequest, obj: Campaign | None = None) -> tuple[str, ...]:
        """Lock the post of automatic campaigns."""
        return () if obj is None or obj.kind == Campaign.Kind.MANUAL else ("post",)

    def get_form(self, request: HttpRequest, obj: Campaign | None = None, change: bool = False, **kwargs: Any) -> Any:
        """Remove the links for editing topics and posts, and name the empty topic."""
        form = super().get_form(request, obj, change, **kwargs)
        for name in {"topic", "post"} & form.base_fields.keys():
            widget = form.base_fields[name].widget
            widget.can_add_related = widget.can_change_related = False
            widget.can_delete_related = widget.can_view_related = False
        if "topic" in form.base_fields:
            form.base_fields["topic"].empty_label = "All subscribers"
        if obj and obj.kind != Campaign.Kind.MANUAL and "post" in form.base_fields:
            form.base_fields["post"].disabled = True
        return form

    # ---- Saving -------------------------------------------------------------------------------------

    def new_draft(self, request: HttpRequest, name: str) -> Campaign:
        """Create the row for the first autosave of a new campaign."""
        return Campaign.objects.create(subject=name[:MAX_SUBJECT_LENGTH] or UNTITLED)

    def autosave(self, request: HttpRequest, object_id: int | None = None) -> JsonResponse:
        """Store what was typed; report if the campaign can no longer be edited because sending has started."""
        campaign = self.get_campaign(request, object_id) if object_id else None
        if campaign and self.has_change_permission(request) and not self.has_change_permission(request, campaign):
            error = (
                f"This campaign is now “{campaign.get_status_display().lower()}” and can't be edited. Your text is"
                " kept in this browser: save it to create a new draft."
            )
            return JsonResponse({"error": error}, status=409)
        return super().autosave(request, object_id)

    def autosave_before_action(self, request: HttpRequest, pk: int) -> None:
        """Store unsaved changes if the author pressed an action button inside the form."""
        campaign = self.get_campaign(request, pk) if "autosave_key" in request.POST else None
        if campaign and self.has_change_permission(request, campaign):
            form = super().get_form(request, campaign, change=True)(request.POST, instance=campaign)
            if set(form.changed_data) & set(CampaignForm.Meta.fields):
                self.autosave(request, campaign.pk)

    def save_model(self, request: HttpRequest, obj: Campaign, form: Any, change: bool) -> None:
        """Save the form's fields only; a worker may have changed the status since the form was opened."""
        if not change:
            obj.save()
            return
        obj.version += 1
        obj.save(update_fields=[*CampaignForm.Meta.fields, "version"])

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Delete the autosaves of the saved form."""
        super().save_related(request, form, formsets, change)
        self.delete_autosaves(request, form)

    def response_add(self, request: HttpRequest, obj: Campaign, post_url_continue: str | None = None) -> HttpResponse:
        """Explain it if the text was saved as a new draft because the original campaign has started."""
        is_copy = bool(request.resolver_match and request.resolver_match.kwargs.get("object_id"))
        if not is_copy:
            return self.response_change(request, obj)
        message = "The campaign has already started sending, so your changes were saved as a new draft."
        self.message_user(request, message, messages.WARNING)
        return redirect(self._url("change", obj.pk))

    def response_change(self, request: HttpRequest, obj: Campaign) -> HttpResponse:
        """Return to the form, or continue to the page for sending."""
        if "_send" in request.POST:
            return redirect(self._url("send", obj.pk))
        is_scheduled = obj.status == _STATUS.SCHEDULED
        message = "Saved. It will still be sent at the scheduled time." if is_scheduled else "Draft saved."
        self.message_user(request, message, messages.SUCCESS)
        return redirect(self._url("change", obj.pk))

    def render_page(self, request: HttpRequest, template: str, title: str, **context: Any) -> TemplateResponse:
        """Render an admin page about campaigns."""
        base_context = {**self.admin_site.each_context(request), "title": title, "opts": self.opts}
        return TemplateResponse(request, f"admin/newsletter/campaign/{template}.html", {**base_context, **context})


def _latest_event(campaign: Campaign) -> tuple[str, Any]:
    if campaign.status == _STATUS.SCHEDULED and campaign.scheduled_at:
        return "Scheduled for", campaign.scheduled_at
    if campaign.finished_at:
        return "Finished", campaign.finished_at
    if campaign.started_at:
        return "Started", campaign.started_at
    return "Created", campaign.created_at
