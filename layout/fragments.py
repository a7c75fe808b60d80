"""Parts of the layout that are the same on every page except for the marks on links to the current page.

They are rendered once per version of the site. While a fragment is rendered, template tags leave marks in it, which
name the pages they are for. Each page shows the fragment with its own marks.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpRequest
from django.template import Context
from django.utils.encoding import escape_uri_path
from django.utils.safestring import SafeString, mark_safe

# Pages of the blog and of authors also count as current for the headings above the links to them.
BLOG, AUTHORS = "section:blog", "section:authors"
# Control characters cannot be part of a template's output: texts are stored without them.
_MARK = re.compile("\x02(page|true) ([^\x03]*)\x03")


def current_mark(keys: Iterable[str], value: str) -> SafeString:
    """Return a mark that becomes `aria-current` with `value` on pages with one of `keys`: their paths and sections."""
    return SafeString(f"\x02{value} {' '.join(keys)}\x03")


def page_keys(request: HttpRequest, context: Context | Mapping[Any, Any]) -> frozenset[str]:
    """Return the path of the requested page and the section it belongs to, given the view's `context`."""
    sections = []
    if context.get("author"):
        sections.append(AUTHORS)
    # Lists of posts have a `page`. Those of a body region belong to “Where does it hurt?”.
    elif context.get("post") or (context.get("page") and not context.get("entry")):
        sections.append(BLOG)
    return frozenset([escape_uri_path(request.path), *sections])


class Fragment:
    """HTML with marks."""

    def __init__(self, html: str) -> None:
        """Find the marks in `html`."""
        parts = _MARK.split(html)
        self._texts = parts[::3]
        self._marks = [
            (f' aria-current="{value}"', frozenset(keys.split()))
            for value, keys in zip(parts[1::3], parts[2::3], strict=True)
        ]
        self._keys = frozenset().union(*(keys for _, keys in self._marks))
        self._unmarked = mark_safe("".join(self._texts))  # noqa: S308 - rendered by a template

    def __bool__(self) -> bool:
        return bool(self._unmarked.strip())

    def for_page(self, keys: frozenset[str]) -> SafeString:
        """Return the HTML for a page with `keys`."""
        if self._keys.isdisjoint(keys):
            return self._unmarked
        marks = ("" if each.isdisjoint(keys) else attribute for attribute, each in self._marks)
        pairs = zip(self._texts, [*marks, ""], strict=True)
        return mark_safe("".join(part for pair in pairs for part in pair))  # noqa: S308 - rendered by a template
