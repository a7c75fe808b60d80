"""Render rich text in templates."""

from django import template
from django.db.models import Model
from django.template import Context
from django.utils.safestring import SafeString

from richtext.missing_texts import text_of_page
from richtext.rendering import render

register = template.Library()


@register.simple_tag(takes_context=True)
def richtext(context: Context, row: Model, field: str = "body") -> SafeString:
    """Render the text in `field` of `row` for a page."""
    return text_of_page(context["request"], row, lambda: render(getattr(row, field)))
