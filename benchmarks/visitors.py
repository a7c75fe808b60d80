"""Visitors of a site: threads that request pages of all kinds, one after the other, and measure how long it takes."""

import http.client
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from benchmarks.load_client import Page, fetch
from benchmarks.server import Server

# What browsers accept, and what other clients do.
ENCODINGS = ("gzip, deflate, br, zstd", "gzip, deflate, br", "gzip")
WORDS = (
    "knee", "pain", "walking", "strength", "balance", "shoulder", "running", "sleep", "desk", "hip", "back", "stairs",
    "exercise", "morning", "sitting", "squat", "tendon", "stretch", "kne", "shouldr",
)  # fmt: skip
BEACON = "beacon"


class Visit(NamedTuple):
    """A request of a visitor, and the number of seconds the response took."""

    kind: str
    started_at: float
    seconds: float


class Visitors:
    """Threads that request pages until they are stopped. `choose` returns the kind of the next request and its page.

    With a `rate`, all together make so many requests a second, and else as many as the server answers.
    """

    def __init__(
        self, server: Server, choose: Callable[[], tuple[str, Page]], connections: int = 4, rate: float = 0
    ) -> None:
        self.visits: list[Visit] = []
        self.errors = Counter[str]()
        self._server = server
        self._choose = choose
        self._pause = connections / rate if rate else 0
        self._is_done = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(connections)]

    def __enter__(self) -> "Visitors":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._is_done.set()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        connection = http.client.HTTPConnection(self._server.host, self._server.port, timeout=60)
        # Visitors come at random, so that they do not wait for each other.
        while not self._is_done.wait(random.expovariate(1 / self._pause) if self._pause else 0):
            kind, page = self._choose()
            start = time.perf_counter()
            status = self._request(connection, kind, page)
            self.visits.append(Visit(kind, start, time.perf_counter() - start))
            if status != page.status:
                self.errors[f"{kind}: {status}"] += 1

    @staticmethod
    def _request(connection: http.client.HTTPConnection, kind: str, page: Page) -> int | str:
        try:
            headers = page.headers() | {"Sec-Fetch-Site": "same-origin"}
            connection.request("POST" if kind == BEACON else "GET", page.path, headers=headers)
            response = connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            return type(error).__name__
        return response.status


def public_paths(server: Server) -> tuple[list[str], list[str]]:
    """Return the paths of all public pages, and of the sitemaps that list them."""
    sitemaps = _locations(server, "/sitemap.xml")
    return [path for sitemap in sitemaps for path in _locations(server, sitemap)], sitemaps


def _locations(server: Server, path: str) -> list[str]:
    _, body = fetch(server.host, server.port, Page("sitemap", path, encoding="identity"))
    urls = re.findall(rb"<loc>([^<]+)</loc>", body)
    parts = [urlsplit(url.decode().replace("&amp;", "&")) for url in urls]
    return [f"{part.path}?{part.query}" if part.query else part.path for part in parts]


class MixedPages:
    """Chooses pages of all kinds at random: `choose()`."""

    def __init__(self, server: Server, found: dict[str, Any], shares: dict[str, int]) -> None:
        """Choose each kind as often as `shares` say, from the site whose paths benchmarks.posts has printed."""
        pages, sitemaps = public_paths(server)
        self._random = random.Random(1)  # noqa: S311 - the same requests in every run
        self._kinds, self._weights = list(shares), list(shares.values())
        self._paths: dict[str, Sequence[str]] = {
            "page": pages,
            "uncached page": pages,
            "feed": ["/feed/", "/feed/atom/"],
            "sitemap": sitemaps,
            "admin": list(found["admin"].values()),
        }
        self._cookie = found["cookie"]

    def choose(self) -> tuple[str, Page]:
        """Return a kind of page, and a page of this kind."""
        kind = self._random.choices(self._kinds, self._weights)[0]
        path = self._path(kind)
        encoding = self._random.choice(ENCODINGS)
        status = {"404": 404, BEACON: 204}.get(kind, 200)
        return kind, Page(kind, path, status, self._cookie if kind == "admin" else "", encoding)

    def _path(self, kind: str) -> str:
        number = self._random.randrange(10**9)
        if kind == "search":
            return f"/search/?{urlencode({'q': ' '.join(self._random.sample(WORDS, 2))})}"
        if kind == "404":
            return f"/nothing-here-{number}/"
        path = self._random.choice(self._paths["page" if kind == BEACON else kind])
        if kind == BEACON:
            return f"/count-page/?{urlencode({'k': 'view', 'p': path, 'w': 390, 'e': 1, 'r': 'www.google.com'})}"
        return f"{path}?uncached={number}" if kind == "uncached page" else path
