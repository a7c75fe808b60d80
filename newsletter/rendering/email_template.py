"""Render an email template to HTML with inlined CSS and to plain text."""

from typing import Any, NamedTuple

from css_inline import CSSInliner
from django.template.loader import render_to_string

from newsletter.rendering.plaintext import html_to_text

# Gmail and others keep style attributes but may drop <style>. Rules that cannot be inlined, such as dark mode, stay in
# <style>. No stylesheet is fetched from a URL.
_INLINER = CSSInliner(
    keep_at_rules=True,
    resolve_css_variables=True,
    minify_css=True,
    load_remote_stylesheets=False,
)


class EmailBody(NamedTuple):
    """The two bodies of an email."""

    html: str
    text: str


def render_email(template: str, context: dict[str, Any]) -> EmailBody:
    """Render `template`, which must extend newsletter/email/base.html."""
    markup = render_to_string(template, context)
    return EmailBody(_INLINER.inline(markup), html_to_text(markup))
