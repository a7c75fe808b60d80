"""The newsletter's admin."""

from newsletter.admin import campaigns, consent, newsletter_settings, sequence_emails, sequences, subscribers

__all__ = ("campaigns", "consent", "newsletter_settings", "sequence_emails", "sequences", "subscribers")
