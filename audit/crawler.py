"""Crawl the site without a browser: check links, heads, the sitemap, feeds and files."""

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

MAX_PAGES = 1000
NAMESPACES = {
    "": "http://www.sitemaps.org/schemas/sitemap/0.9",
    "image": "http://www.google.com/schemas/sitemap-image/1.1",
}


class Page(NamedTuple):
    """A crawled page."""

    tree: HtmlElement
    is_indexable: bool


class Crawler:
    """Crawls the site from its sitemap and from `starts`, paths with the status they must have."""

    def __init__(self, client: APIRequestContext, url: str, starts: dict[str, int]) -> None:
        """Prepare to crawl the site at `url`."""
        self.client, self.url, self.starts = client, url, starts
        self.findings: list[Finding] = []
        self.pages: dict[str, Page] = {}
        self.feeds: set[str] = set()
        self.sitemap: list[str] = []
        self.files: set[str] = set()

    def add_finding(self, check: str, page: str, message: str) -> None:
        """Record a finding."""
        self.findings.append(Finding(check, page, message))

    def get(self, url: str, headers: dict[str, str] | None = None) -> APIResponse:
        """Return the response to `url`, without following redirects."""
        return self.client.get(url, headers=headers or {}, max_redirects=0)

    def run(self) -> None:
        """Crawl the site and run all checks."""
        self.read_sitemap()
        self.follow_links()
        self.compare_heads()
        self.check_fragments()
        self.check_files()
        for feed in sorted(self.feeds):
            self.check_feed(feed)

    def read_sitemap(self) -> None:
        """Collect the URLs in the sitemap."""
        for section in self.sitemap_urls("loc", f"{self.url}/sitemap.xml"):
            self.sitemap += self.sitemap_urls("url/loc", section)
            self.files.update(self.sitemap_urls("url/image:image/image:loc", section))
        if len(self.sitemap) != len(set(self.sitemap)):
            self.add_finding("sitemap", "/sitemap.xml", "a URL is listed twice")

    def sitemap_urls(self, tag: str, url: str) -> list[str]:
        """Return the text of the elements called `tag` in the sitemap at `url`."""
        tree = etree.fromstring(self.get(url).body())
        return [element.text or "" for element in tree.findall(f".//{tag}", NAMESPACES)]

    def follow_links(self) -> None:
        """Open every linked URL once."""
        expected = {self.url + path: status for path, status in self.starts.items()}
        queue = deque([*expected, *self.sitemap])
        linked_from = dict.fromkeys(queue, "the sitemap or the audit")
        while queue and len(self.pages) < MAX_PAGES:
            url = queue.popleft()
            response = self.get(url)
            if response.status != expected.get(url, 200):
                self.add_finding("links", url, f"status {response.status}; linked from {linked_from[url]}")
            if response.headers.get("set-cookie"):
                self.add_finding("cookies", url, "sets a cookie")
            if "text/html" not in response.headers.get("content-type", ""):
                continue
            tree = html.fromstring(response.body())
            self.read(url, tree, "noindex" in response.headers.get("x-robots-tag", ""))
            for target in {urldefrag(urljoin(url, link)).url for link in links(tree)} - set(linked_from):
                # robots.txt disallows these.
                disallowed = (f"{self.url}/admin/", f"{self.url}/go/")
                if target.startswith(f"{self.url}/") and not target.startswith(disallowed):
                    linked_from[target] = url
                    queue.append(target)
        if queue:
            self.add_finding("links", "the whole site", f"more than {MAX_PAGES} pages: is there a crawler trap?")

    def read(self, url: str, tree: HtmlElement, is_hidden: bool) -> None:
        """Check the head of a page, and collect its feeds and files."""
        robots = " ".join(tree.xpath("//meta[@name='robots']/@content"))
        page = Page(tree, not is_hidden and "noindex" not in robots)
        self.pages[url] = page
        counts = {
            "title": len([each for each in tree.xpath("//head/title") if (each.text or "").strip()]),
            "h1": len([each for each in tree.iter("h1") if each.text_content().strip()]),
            "main": len(tree.xpath("//main")),
            "description": len([each for each in tree.xpath("//meta[@name='description']/@content") if each.strip()]),
            "canonical": len(tree.xpath("//link[@rel='canonical']")),
        }
        checked = counts if page.is_indexable else ("title", "h1", "main")
        for name in checked:
            if counts[name] != 1:
                self.add_finding("head", url, f"{counts[name]} × {name}")
        if page.is_indexable and tree.xpath("//link[@rel='canonical']/@href") != [url]:
            self.add_finding("head", url, f"its canonical is {tree.xpath('//link[@rel="canonical"]/@href')}")
        for json_ld in tree.xpath("//script[@type='application/ld+json']/text()"):
            try:
                json.loads(json_ld)
            except ValueError as error:
                self.add_finding("head", url, f"invalid JSON-LD: {error}")
        self.feeds.update(
            urljoin(url, each)
            for each in tree.xpath("//link[@rel='alternate'][contains(@type, 'rss') or contains(@type, 'atom')]/@href")
        )
        named = [*tree.xpath("//img/@src | //script/@src | //use/@href | //link[@rel!='alternate']/@href")]
        named += [each.split()[0] for listed in tree.xpath("//@srcset") for each in re.split(r",\s+", listed)]
        named += tree.xpath("//meta[@property='og:image']/@content")
        self.files.update(
            file
            for file in (urldefrag(urljoin(url, each)).url for each in named)
            if file.startswith(f"{self.url}/") and file != url
        )

    def compare_heads(self) -> None:
        """Check that indexable pages have unique titles and descriptions, and that the sitemap lists only them."""
        for what, path in (("title", "//head/title"), ("description", "//meta[@name='description']")):
            found: dict[str, list[str]] = defaultdict(list)
            for url, page in self.indexable().items():
                for each in page.tree.xpath(path):
                    found[(each.get("content") or each.text or "").strip()].append(url)
            for text, urls in found.items():
                if len(urls) > 1:
                    self.add_finding("head", urls[0], f"shares its {what} with {', '.join(urls[1:])}: {text}")
        for url in self.sitemap:
            if url in self.pages and not self.pages[url].is_indexable:
                self.add_finding("sitemap", url, "is in the sitemap but noindex")

    def check_fragments(self) -> None:
        """Check that the anchors of links exist."""
        ids = {url: set(page.tree.xpath("//@id")) for url, page in self.pages.items()}
        for url, page in self.pages.items():
            for link in links(page.tree):
                target, fragment = urldefrag(urljoin(url, link))
                if fragment and target in ids and fragment not in ids[target]:
                    self.add_finding("links", url, f"{link} has an anchor that does not exist")

    def check_files(self) -> None:
        """Check that every image, style sheet and script exists."""
        for file in sorted(self.files - set(self.pages)):
            if (status := self.get(file).status) not in {200, 301, 302}:
                self.add_finding("links", file, f"status {status}")

    def check_feed(self, feed: str) -> None:
        """Check that a feed parses and answers conditional requests."""
        response = self.get(feed)
        parsed = feedparser.parse(response.body(), response_headers=response.headers)
        if parsed.bozo:
            self.add_finding("feeds", feed, str(parsed.bozo_exception))
        if not parsed.entries:
            self.add_finding("feeds", feed, "has no entries")
        marks = {"etag": "if-none-match", "last-modified": "if-modified-since"}
        known = {asked: response.headers[mark] for mark, asked in marks.items() if mark in response.headers}
        if not known:
            self.add_finding("feeds", feed, "has neither an ETag nor Last-Modified")
        for asked, value in known.items():
            if (status := self.get(feed, {asked: value}).status) != 304:
                self.add_finding("feeds", feed, f"status {status} for an unchanged feed with {asked}")

    def table(self) -> Table:
        """Return what was crawled."""
        rows = [
            ("pages, each with the expected status", len(self.pages)),
            ("indexable pages with unique titles and descriptions", len(self.indexable())),
            ("URLs in the sitemap", len(self.sitemap)),
            ("images, style sheets, scripts and icons", len(self.files)),
            ("valid feeds", len(self.feeds)),
        ]
        note = "Crawled without a browser; findings are listed above."
        return Table("The whole site", note, ("item", "count"), rows)

    def indexable(self) -> dict[str, Page]:
        """Return the pages that search engines may index."""
        return {url: page for url, page in self.pages.items() if page.is_indexable}


def links(tree: HtmlElement) -> list[str]:
    """Return the href of every link on a page."""
    return [link.get("href", "") for link in tree.iter("a") if link.get("href")]
