"""Render an email template to HTML with inlined CSS and to plain text."""

import re
from functools import cache
from typing import Any, NamedTuple

import css_inline
from django.template.loader import render_to_string

from newsletter.html_to_text import html_to_text
from siteinfo.models import Appearance

# Line breaks with indentation, outside <pre>, where white space is significant.
_PREFORMATTED = re.compile(r"(<pre\b.*?</pre>)", re.DOTALL)
_INDENTATION = re.compile(r"\n\s+")


class EmailBody(NamedTuple):
    """The two bodies of an email."""

    html: str
    text: str


def render_email(template: str, context: dict[str, Any]) -> EmailBody:
    """Render `template`, which must extend newsletter/email/base.html, in the colors of the site. One query."""
    tokens = Appearance.load().tokens()
    colors = {name.replace("-", "_"): values for name, values in tokens.items()}
    markup = _strip_indentation(render_to_string(template, context | {"colors": colors}))
    return EmailBody(_inliner().inline(markup), html_to_text(markup))


@cache
def _inliner() -> "css_inline.CSSInliner":
    # Gmail and others keep style attributes but may drop <style>. Rules that cannot be inlined, such as dark mode, stay
    # in <style>. No stylesheet is fetched from a URL.
    return css_inline.CSSInliner(
        keep_at_rules=True,
        resolve_css_variables=True,
        minify_css=True,
        load_remote_stylesheets=False,
    )


def _strip_indentation(markup: str) -> str:
    """Remove the indentation of the templates, which would be sent with every email."""
    pieces = _PREFORMATTED.split(markup)
    # Every second piece is a <pre> element.
    return "".join(piece if index % 2 else _INDENTATION.sub("\n", piece) for index, piece in enumerate(pieces))
