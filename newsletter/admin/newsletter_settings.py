"""From whom mails come, how fast, and what stops them."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from solo.admin import SingletonModelAdmin

from newsletter.delivery import deliverability
from newsletter.models import NewsletterSettings


@admin.register(NewsletterSettings)
class NewsletterSettingsAdmin(SingletonModelAdmin):
    """One row, and above it what still keeps letters from going out."""

    fieldsets = (
        ("From whom", {"fields": ("from_name", "from_email", "reply_to", "postal_address", "imprint_url", "list_id")}),
        (
            "Mails that go out by themselves",
            {"fields": ("welcome", "mails_new_posts", "post_topic", "posts_carry", "digest_weekday", "digest_hour")},
        ),
        ("How fast", {"fields": ("per_second", "per_hour", "per_day", "connections", "chunk")}),
        (
            "What stops it",
            {"fields": ("uncertain", "pause_error_share", "pause_complaint_share", "joins_per_hour")},
        ),
    )

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        if request.method == "GET":
            for lack in deliverability.lacks(NewsletterSettings.load()):
                self.message_user(request, lack, messages.WARNING)
        return super().change_view(request, object_id, form_url, extra_context)
