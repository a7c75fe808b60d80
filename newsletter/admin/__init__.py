"""The newsletter's admin."""

from newsletter.admin import campaigns, consent, newsletter_settings, sequences, subscribers

__all__ = ("campaigns", "consent", "newsletter_settings", "sequences", "subscribers")
