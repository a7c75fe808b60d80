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
    """What the Appearance page does not have: contact, feeds, search engines and the rest."""

    inlines = (SocialLinkInline,)
    fieldsets = (
        ("About the site", {"fields": ("description", "email", "booking_url")}),
        ("Pages", {"fields": ("help_line", "signup_paragraph", "footer_note")}),
        ("Feeds", {"fields": ("feed_content",)}),
        (
            "Search engines and AI crawlers",
            {
                "fields": (
                    "published_by",
                    "hides_from_search",
                    "uses_indexnow",
                    "disallow_ai_training",
                    "disallow_ai_answers",
                )
            },
        ),
    )
