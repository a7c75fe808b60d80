"""The site's facts on the writing desk."""

from django import forms
from django.contrib import admin
from solo.admin import SingletonModelAdmin

from prose.forms import ProseField
from siteinfo.models import SiteInfo, SocialLink


class SiteInfoForm(forms.ModelForm):
    """The facts of the site; its long texts are written in the editor."""

    disclaimer_long = ProseField(
        label="Disclaimers in full", required=False, help_text="The page behind the short disclaimer."
    )
    privacy = ProseField(label="Privacy policy", required=False, help_text="What you keep about readers, and why.")
    terms = ProseField(
        label="Terms of use", required=False, help_text="What readers may do with your texts and pictures."
    )
    editorial_policy = ProseField(
        label="Editorial policy",
        required=False,
        help_text="How posts are written, sourced, reviewed and corrected.",
    )

    class Meta:
        model = SiteInfo
        fields = "__all__"  # noqa: DJ007 - every fact of this one row is the author's to edit


class SocialLinkInline(admin.TabularInline):
    model = SocialLink
    extra = 0


@admin.register(SiteInfo)
class SiteInfoAdmin(SingletonModelAdmin):
    form = SiteInfoForm
    inlines = (SocialLinkInline,)
    fieldsets = (
        ("Who you are", {"fields": ("name", "tagline", "description", "email")}),
        ("The home page", {"fields": ("hero_title", "hero_text")}),
        ("On every page", {"fields": ("disclaimer", "footer_note")}),
        (
            "Policies",
            {
                "fields": ("disclaimer_long", "privacy", "terms", "editorial_policy"),
                "description": "Each gets its own page and a link in the footer as soon as it has a text.",
            },
        ),
    )
