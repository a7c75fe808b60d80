"""Render rich text in templates."""

from django import template
from django.utils.safestring import SafeString

from richtext.rendering import render

register = template.Library()


@register.filter
def richtext(body: str) -> SafeString:
    """Render a stored text for a page."""
    return render(body)
