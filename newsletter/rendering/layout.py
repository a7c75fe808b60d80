"""How every mail of the list is put on paper: one frame, styles written into the elements, and a text part."""

from typing import Any, NamedTuple

from css_inline import CSSInliner
from django.template.loader import render_to_string

from newsletter.rendering.plaintext import plain_text

# Gmail and others keep style attributes and may drop the rest. What only a style element can say stays there: the
# dark colours. No address is ever fetched.
_INLINER = CSSInliner(
    keep_at_rules=True,
    resolve_css_variables=True,
    minify_css=True,
    load_remote_stylesheets=False,
)


class Letter(NamedTuple):
    """A mail's two bodies."""

    html: str
    text: str


def written(template: str, context: dict[str, Any]) -> Letter:
    """The letter that `template` (which extends newsletter/email/base.html) makes of `context`."""
    markup = render_to_string(template, context)
    return Letter(_INLINER.inline(markup), plain_text(markup))
