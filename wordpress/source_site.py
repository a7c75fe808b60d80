"""The WordPress site as its addresses tell it: which of them were its own, and what lay where."""

from urllib.parse import unquote, urlsplit

from django.core.exceptions import TooManyFieldsSent
from django.http import QueryDict

from wordpress.reader import Export


class OldSite:
    """Whose export it is. Addresses are its own whatever their scheme, their port and "www."."""

    def __init__(self, export: Export) -> None:
        try:
            address = urlsplit(export.base_blog_url or export.site_url)
        except ValueError:  # such as http://[
            address = urlsplit("")
        self.host = (address.hostname or "").removeprefix("www.")
        self.base = address.path.rstrip("/")
        self.name = f"{self.host}{self.base}"[:255]

    def asked(self, url: str) -> tuple[str, QueryDict, str] | None:
        """What `url` asks of the site: decoded path without the outer slashes, query, "#" part; None if it leads
        elsewhere."""
        try:
            parts = urlsplit(url.strip())
            host = (parts.hostname or "").removeprefix("www.")
            query = QueryDict(parts.query)
        except (ValueError, TooManyFieldsSent):  # such as http://[
            return None
        if parts.scheme not in ("http", "https", "") or not host or host != self.host:
            return None
        if not f"{parts.path}/".startswith(f"{self.base}/"):
            return None
        fragment = f"#{parts.fragment}" if parts.fragment else ""
        return unquote(parts.path.removeprefix(self.base)).strip("/"), query, fragment

    def place(self, link: str) -> str | None:
        """The path at which `link` lay, "" for the front page; None where there was only a number (`/?p=12`)."""
        asked = self.asked(link)
        return asked[0] if asked and not asked[1] else None
