"""The newsletter on the writing desk."""

from newsletter.admin import campaigns, newsletter_settings, subscribers

__all__ = ("campaigns", "newsletter_settings", "subscribers")
