"""Admin for the site information."""

from django.contrib import admin
from solo.admin import SingletonModelAdmin

from siteinfo.models import SiteInfo, SocialLink


class SocialLinkInline(admin.TabularInline):
    """Social profiles, edited together with the site information."""

    model = SocialLink
    extra = 0


@admin.register(SiteInfo)
class SiteInfoAdmin(SingletonModelAdmin):
    """The site information on one form."""

    inlines = (SocialLinkInline,)
    fieldsets = (
        ("About the site", {"fields": ("name", "tagline", "description", "email")}),
        ("Home page", {"fields": ("hero_title", "hero_text", "help_line")}),
        ("Every page", {"fields": ("disclaimer", "footer_note")}),
        ("Feeds", {"fields": ("feed_content",)}),
        (
            "Search engines and AI crawlers",
            {"fields": ("published_by", "hides_from_search", "disallow_ai_training", "disallow_ai_answers")},
        ),
    )
