"""The WordPress site an export comes from, and how its URLs map to paths."""

from functools import reduce
from operator import or_
from urllib.parse import unquote, urlsplit

from django.core.exceptions import TooManyFieldsSent
from django.db.models import Q
from django.http import QueryDict

from wordpress.reader import Export

# What WordPress writes until the author changes it; newer versions leave it empty.
DEFAULT_TAGLINES = {"Just another WordPress site", "Just another WordPress.com site"}


class SourceSite:
    """The site of an export. Its URLs match with any scheme or port, and with or without "www."."""

    def __init__(self, export: Export) -> None:
        try:
            url = urlsplit(export.base_blog_url or export.site_url)
        except ValueError:  # such as http://[
            url = urlsplit("")
        self.host = (url.hostname or "").removeprefix("www.")
        # Also those that the author named.
        self.hosts = frozenset({self.host, *export.other_hosts})
        self.url = f"https://{url.netloc}{url.path.rstrip('/')}"
        # The folder of a blog such as old.example/blog.
        self.base = url.path.rstrip("/")
        self.name = f"{self.host}{self.base}"[:255]
        self.tagline = "" if export.description in DEFAULT_TAGLINES else export.description[:160]

    def parse_url(self, url: str) -> tuple[str, QueryDict, str] | None:
        """Return the decoded path without outer slashes, the query and the fragment of `url`.

        Return None for a URL of another site.
        """
        try:
            parts = urlsplit(url.strip())
            host = (parts.hostname or "").removeprefix("www.")
        except ValueError:  # such as http://[
            return None
        if parts.scheme not in ("http", "https", "") or not host or host not in self.hosts:
            return None
        if not f"{parts.path}/".startswith(f"{self.base}/"):
            return None
        try:
            query = QueryDict(parts.query)
        except (ValueError, TooManyFieldsSent):
            return None
        fragment = f"#{parts.fragment}" if parts.fragment else ""
        return unquote(parts.path.removeprefix(self.base)).strip("/"), query, fragment

    def mentioned_in(self, field: str) -> Q:
        """Return the condition that the text in `field` mentions the site."""
        return reduce(or_, (Q(**{f"{field}__icontains": host}) for host in sorted(self.hosts)))

    def with_base(self, path: str) -> str:
        """Return a path of the site as visitors request it: below the folder of the blog, without outer slashes."""
        return f"{self.base}/{path}".strip("/")

    def path_of(self, link: str) -> str | None:
        """Return the path of `link`, "" for the front page, or None for a URL with a query such as `/?p=12`."""
        parsed = self.parse_url(link)
        return parsed[0] if parsed and not parsed[1] else None
