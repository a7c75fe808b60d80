"""Admin page for the newsletter settings."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from solo.admin import SingletonModelAdmin

from newsletter.delivery import deliverability
from newsletter.models import NewsletterSettings


@admin.register(NewsletterSettings)
class NewsletterSettingsAdmin(SingletonModelAdmin):
    """Edit the settings. Warnings at the top say what prevents campaigns from being sent."""

    fieldsets = (
        (
            "Sender",
            {"fields": ("from_name", "from_email", "reply_to", "postal_address", "imprint_url", "list_id")},
        ),
        (
            "Automatic emails",
            {
                "fields": (
                    "welcome_text",
                    "is_automation_enabled",
                    "post_topic",
                    "post_content",
                    "digest_weekday",
                    "digest_hour",
                )
            },
        ),
        ("Speed", {"fields": ("max_per_second", "max_per_hour", "max_per_day", "connections", "batch_size")}),
        (
            "Safety limits",
            {
                "fields": (
                    "uncertain_policy",
                    "pause_error_percent",
                    "pause_complaint_percent",
                    "max_signups_per_hour",
                )
            },
        ),
    )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the form, with a warning for each deliverability problem."""
        if request.method == "GET":
            for problem in deliverability.settings_problems(NewsletterSettings.load()):
                self.message_user(request, problem, messages.WARNING)
        return super().change_view(request, object_id, form_url, extra_context)
