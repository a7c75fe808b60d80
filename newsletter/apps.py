"""App configuration for the newsletter."""

from django.apps import AppConfig


class NewsletterConfig(AppConfig):
    """Configure the newsletter app."""

    name = "newsletter"
    verbose_name = "Newsletter"

    def ready(self) -> None:
        """Register the system checks, reports, emails about posts, and what happens after a backup is restored."""
        from backups import after_restore
        from newsletter import checks, reports  # noqa: F401
        from newsletter.campaigns.announcements import describe_emails
        from newsletter.campaigns.restored import pause_everything
        from publishing.publish_effects import register_publish_effects

        after_restore.register(pause_everything)
        register_publish_effects(describe_emails)
        reports.register()
