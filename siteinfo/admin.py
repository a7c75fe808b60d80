"""The site's facts on the writing desk."""

from django.contrib import admin
from solo.admin import SingletonModelAdmin

from siteinfo.models import SiteInfo, SocialLink


class SocialLinkInline(admin.TabularInline):
    model = SocialLink
    extra = 0


@admin.register(SiteInfo)
class SiteInfoAdmin(SingletonModelAdmin):
    inlines = (SocialLinkInline,)
    fieldsets = (
        ("Who you are", {"fields": ("name", "tagline", "description", "email")}),
        ("The home page", {"fields": ("hero_title", "hero_text", "help_line")}),
        ("On every page", {"fields": ("disclaimer", "footer_note")}),
        ("Feeds", {"fields": ("feeds_carry",)}),
        (
            "Search engines and robots",
            {"fields": ("published_by", "hides_from_search", "refuses_ai_training", "refuses_ai_answers")},
        ),
    )
