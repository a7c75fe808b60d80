"""Find the pages of another site on this machine, such as WordPress with the same posts."""

import re
from urllib.parse import urlsplit

from benchmarks.load_client import Page, fetch
from benchmarks.measure import Target
from benchmarks.posts import SEARCH
from benchmarks.server import Server

SITEMAPS = ("/sitemap-posts.xml", "/wp-sitemap-posts-post-1.xml", "/sitemap.xml")


def make_target(url: str, pids: str, paths: list[str]) -> Target:
    """Return the peer at `url` with its pages, each uncached and as visitors get them.

    `pids` are comma-separated process IDs. `paths`, such as `post=/knee/`, replace the pages that are found.
    """
    parts = urlsplit(url)
    server_pids = tuple(int(pid) for pid in pids.split(",") if pid)
    server = Server("peer", parts.port or 80, server_pids, host=parts.hostname or "127.0.0.1")
    found = find_paths(server) | dict(path.split("=", 1) for path in paths)
    pages = [Page(name, path, 404 if name == "404" else 200, is_uncached=True) for name, path in found.items()]
    return Target(server, pages + [Page(page.name, page.path, page.status) for page in pages])


def find_paths(server: Server) -> dict[str, str]:
    """Return the paths of the kinds of pages that WordPress and this project have in common."""
    home, feed = _read(server, "/"), _read(server, "/feed/")
    post = re.search(r"<item>.*?<link>([^<]+)</link>", feed, re.DOTALL)
    category = re.search(r'href="([^"]*/category/[^"]+/)"', home)
    paths = {"home": "/"}
    if post:
        paths["post"] = urlsplit(post[1].strip()).path
    if category:
        paths["category"] = urlsplit(category[1]).path
    paths |= {"search": f"/?s={SEARCH.replace(' ', '+')}", "feed": "/feed/"}
    if sitemap := next(filter(lambda path: _read(server, path), SITEMAPS), None):
        paths["sitemap"] = sitemap
    return paths | {"404": "/nothing-here/"}


def _read(server: Server, path: str) -> str:
    """Return the text at `path`, or an empty string if there is none."""
    answer, body = fetch(server.host, server.port, Page("page", path, encoding="identity"))
    return body.decode() if answer.status == 200 else ""
