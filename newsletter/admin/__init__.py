"""The newsletter on the writing desk."""

from newsletter.admin import people, sender

__all__ = ("people", "sender")
