"""Complete the links of imported texts before they are sanitized: relative ones, and those without a target."""

import html
import re
from collections.abc import Callable
from urllib.parse import urljoin

_HREF = re.compile(r"""(<a\b[^<>]*?\s)href\s*=\s*("[^"]*"|'[^']*'|[^\s<>"']+)""", re.IGNORECASE)
# Left over from a link whose URL was never entered.
_NOWHERE = re.compile(r"(?:https?:/*|/*)?#?", re.IGNORECASE)
_HAS_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:|//|#", re.IGNORECASE)
_HOST_ONLY = re.compile(r"www\.[\w-]+\.\w", re.IGNORECASE)


def complete_links(markup: str, base: str, find: Callable[[str], str] = lambda url: "") -> str:
    """Return `markup` with relative links completed from `base`, the URL of the text on its old site.

    The text of a link to nowhere, such as "#", stays without a link. `find` returns the URL here for one of the old
    site, or "" to leave it.
    """
    return _HREF.sub(lambda link: link[1] + _href(link[2], base, find), markup)


def _href(written: str, base: str, find: Callable[[str], str]) -> str:
    href = html.unescape(written.strip("\"'")).strip()
    if _NOWHERE.fullmatch(href):
        return ""
    if not _HAS_SCHEME.match(href):
        try:
            href = urljoin(base, f"https://{href}" if _HOST_ONLY.match(href) else href)
        except ValueError:  # such as [x]
            return f"href={written}"
        return f'href="{html.escape(find(href) or href)}"'
    found = find(href)
    return f'href="{html.escape(found)}"' if found else f"href={written}"
