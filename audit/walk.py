"""What needs no browser: every page that links lead to, its head, the map, the feeds, and the files it names."""

import json
import re
from collections import defaultdict, deque
from typing import NamedTuple
from urllib.parse import urldefrag, urljoin

import feedparser
from lxml import etree, html
from lxml.html import HtmlElement
from playwright.sync_api import APIRequestContext, APIResponse

from audit.report import Finding, Table

MOST_PAGES = 1000
NAMESPACES = {
    "": "http://www.sitemaps.org/schemas/sitemap/0.9",
    "image": "http://www.google.com/schemas/sitemap-image/1.1",
}


class Page(NamedTuple):
    """What the walk keeps of a page."""

    tree: HtmlElement
    is_indexable: bool


class Walk:
    """Reads the site as a crawler does, from the map and from `starts`; `findings` says what was wrong."""

    def __init__(self, client: APIRequestContext, url: str, starts: dict[str, int]) -> None:
        self.client, self.url, self.starts = client, url, starts
        self.findings: list[Finding] = []
        self.pages: dict[str, Page] = {}
        self.feeds: set[str] = set()
        self.mapped: list[str] = []
        self.files: set[str] = set()

    def note(self, check: str, page: str, what: str) -> None:
        """Write down one finding."""
        self.findings.append(Finding(check, page, what))

    def get(self, address: str, headers: dict[str, str] | None = None) -> APIResponse:
        """The answer itself: redirects are not followed."""
        return self.client.get(address, headers=headers or {}, max_redirects=0)

    def run(self) -> None:
        """Do the whole walk."""
        self.read_map()
        self.follow_links()
        self.compare_heads()
        self.check_fragments()
        self.check_files()
        for feed in sorted(self.feeds):
            self.check_feed(feed)

    def read_map(self) -> None:
        """Gather the addresses that the sitemap names."""
        for section in self.named("loc", f"{self.url}/sitemap.xml"):
            self.mapped += self.named("url/loc", section)
            self.files.update(self.named("url/image:image/image:loc", section))
        if len(self.mapped) != len(set(self.mapped)):
            self.note("sitemap", "/sitemap.xml", "an address is named twice")

    def named(self, place: str, address: str) -> list[str]:
        """The addresses at `place` in a part of the map."""
        tree = etree.fromstring(self.get(address).body())
        return [each.text or "" for each in tree.findall(f".//{place}", NAMESPACES)]

    def follow_links(self) -> None:
        """Open everything that a link leads to, each once."""
        expected = {self.url + path: status for path, status in self.starts.items()}
        queue = deque([*expected, *self.mapped])
        named_by = dict.fromkeys(queue, "the map or the audit")
        while queue and len(self.pages) < MOST_PAGES:
            address = queue.popleft()
            answer = self.get(address)
            if answer.status != expected.get(address, 200):
                self.note("links", address, f"answers {answer.status}; named by {named_by[address]}")
            if answer.headers.get("set-cookie"):
                self.note("cookies", address, "sets a cookie")
            if "text/html" not in answer.headers.get("content-type", ""):
                continue
            tree = html.fromstring(answer.body())
            self.read(address, tree, "noindex" in answer.headers.get("x-robots-tag", ""))
            for target in {urldefrag(urljoin(address, link)).url for link in links(tree)} - set(named_by):
                # Robots are asked to stay away from the desk, and from where paid links pass.
                closed = (f"{self.url}/admin/", f"{self.url}/go/")
                if target.startswith(f"{self.url}/") and not target.startswith(closed):
                    named_by[target] = address
                    queue.append(target)
        if queue:
            self.note("links", "the whole site", f"more than {MOST_PAGES} pages: is there a trap for crawlers?")

    def read(self, address: str, tree: HtmlElement, is_hidden: bool) -> None:
        """Check what one page says of itself, and gather what it names."""
        robots = " ".join(tree.xpath("//meta[@name='robots']/@content"))
        page = Page(tree, not is_hidden and "noindex" not in robots)
        self.pages[address] = page
        counts = {
            "title": len([each for each in tree.xpath("//head/title") if (each.text or "").strip()]),
            "h1": len([each for each in tree.iter("h1") if each.text_content().strip()]),
            "main": len(tree.xpath("//main")),
            "description": len([each for each in tree.xpath("//meta[@name='description']/@content") if each.strip()]),
            "canonical": len(tree.xpath("//link[@rel='canonical']")),
        }
        wanted = counts if page.is_indexable else ("title", "h1", "main")
        for name in wanted:
            if counts[name] != 1:
                self.note("head", address, f"{counts[name]} of {name}")
        if page.is_indexable and tree.xpath("//link[@rel='canonical']/@href") != [address]:
            self.note("head", address, f"its canonical is {tree.xpath('//link[@rel="canonical"]/@href')}")
        for graph in tree.xpath("//script[@type='application/ld+json']/text()"):
            try:
                json.loads(graph)
            except ValueError as error:
                self.note("head", address, f"JSON-LD cannot be read: {error}")
        self.feeds.update(
            urljoin(address, each)
            for each in tree.xpath("//link[@rel='alternate'][contains(@type, 'rss') or contains(@type, 'atom')]/@href")
        )
        named = [*tree.xpath("//img/@src | //script/@src | //use/@href | //link[@rel!='alternate']/@href")]
        named += [each.split()[0] for listed in tree.xpath("//@srcset") for each in re.split(r",\s+", listed)]
        named += tree.xpath("//meta[@property='og:image']/@content")
        self.files.update(
            file
            for file in (urldefrag(urljoin(address, each)).url for each in named)
            if file.startswith(f"{self.url}/") and file != address
        )

    def compare_heads(self) -> None:
        """No two pages that may be found have the same title or description; all the map names may be found."""
        for what, path in (("title", "//head/title"), ("description", "//meta[@name='description']")):
            found: dict[str, list[str]] = defaultdict(list)
            for address, page in self.indexable().items():
                for each in page.tree.xpath(path):
                    found[(each.get("content") or each.text or "").strip()].append(address)
            for words, places in found.items():
                if len(places) > 1:
                    self.note("head", places[0], f"shares its {what} with {', '.join(places[1:])}: {words}")
        for address in self.mapped:
            if address in self.pages and not self.pages[address].is_indexable:
                self.note("sitemap", address, "is on the map but asks not to be found")

    def check_fragments(self) -> None:
        """Every link into a page finds its place there."""
        ids = {address: set(page.tree.xpath("//@id")) for address, page in self.pages.items()}
        for address, page in self.pages.items():
            for link in links(page.tree):
                target, fragment = urldefrag(urljoin(address, link))
                if fragment and target in ids and fragment not in ids[target]:
                    self.note("links", address, f"{link} leads to no place on that page")

    def check_files(self) -> None:
        """Every picture, style and script that a page names is there."""
        for file in sorted(self.files - set(self.pages)):
            if (status := self.get(file).status) not in {200, 301, 302}:
                self.note("links", file, f"answers {status}")

    def check_feed(self, feed: str) -> None:
        """A reader of feeds understands it, and is not sent again what it has."""
        answer = self.get(feed)
        parsed = feedparser.parse(answer.body(), response_headers=answer.headers)
        if parsed.bozo:
            self.note("feeds", feed, str(parsed.bozo_exception))
        if not parsed.entries:
            self.note("feeds", feed, "holds no entry")
        marks = {"etag": "if-none-match", "last-modified": "if-modified-since"}
        known = {asked: answer.headers[mark] for mark, asked in marks.items() if mark in answer.headers}
        if not known:
            self.note("feeds", feed, "cannot be asked whether it has changed")
        for asked, value in known.items():
            if (status := self.get(feed, {asked: value}).status) != 304:
                self.note("feeds", feed, f"answers {status} to {asked}, unchanged")

    def table(self) -> Table:
        """How far the walk went."""
        rows = [
            ("pages that links lead to, each answering as it should", len(self.pages)),
            ("of these open to search engines, with titles and descriptions of their own", len(self.indexable())),
            ("addresses on the sitemap", len(self.mapped)),
            ("pictures, styles, scripts and icons named by a page", len(self.files)),
            ("feeds understood, and not sent twice", len(self.feeds)),
        ]
        note = "Read as a crawler does, without a browser; what was wrong is listed above."
        return Table("The whole site", note, ("what", "how many"), rows)

    def indexable(self) -> dict[str, Page]:
        """Pages that search engines may show."""
        return {address: page for address, page in self.pages.items() if page.is_indexable}


def links(tree: HtmlElement) -> list[str]:
    """Where the links of a page lead, as they are written."""
    return [link.get("href", "") for link in tree.iter("a") if link.get("href")]
