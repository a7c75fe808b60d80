"""The newsletter on the writing desk."""

from newsletter.admin import campaigns, people, sender

__all__ = ("campaigns", "people", "sender")
