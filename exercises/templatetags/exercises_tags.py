"""Template tags for sheets."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from exercises.sheets.program import HomeProgram

register = template.Library()


@register.simple_tag
def qr_code(program: HomeProgram) -> SafeString:
    """Return the QR code of a program's page as an image with a name."""
    code = mark_safe(program.qr_code)  # noqa: S308 - a drawing made of the URL by segno
    return format_html(
        '<div class="sheet-qr" role="img" aria-label="QR code that leads to {}">{}</div>', program.url, code
    )
