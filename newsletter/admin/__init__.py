"""The newsletter's admin."""

from newsletter.admin import campaigns, consent, newsletter_settings, subscribers

__all__ = ("campaigns", "consent", "newsletter_settings", "subscribers")
