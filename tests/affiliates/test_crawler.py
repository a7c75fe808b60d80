"""A crawl of a whole site: every page, feed and email marks its affiliate links and discloses them first."""

import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import cycle

import feedparser
import pytest
from django.test import Client
from django.utils import timezone
from django.utils.safestring import SafeString
from lxml import html
from lxml.html import HtmlElement

from accounts.models import Author
from affiliates.models import Comparison, ComparisonRow, Link, Product, Program, ShopSection
from blog.models import Post
from pages.models import Page
from richtext.embeds import RenderTarget
from richtext.references import rebuild
from richtext.rendering import render_all
from siteinfo.models import SiteInfo
from tests.factories import make_author, make_category

pytestmark = [pytest.mark.any_database, pytest.mark.slow]

POSTS, LINKS = 300, 500
# Only these posts are requested as pages, because that is slow. Of the others, only the text is rendered.
WHOLE_POSTS = 30
REL = "sponsored nofollow noopener"
DISCLOSURES = ("I may earn a commission", "Quiet Shop pays me a share")
AFFILIATE_URL = re.compile(r"amazon\.|tag=|ref=me|/go/")
EXPECTED_URL = re.compile(
    r"https://www\.amazon\.(com|de)/dp/B\d{9}\?tag=mine-20$"
    r"|(http://testserver)?/go/link-\d*[13579]/$"
    r"|https://shop\.example\.com/\d+\?ref=me$"
)


def make_products(amazon: Program, shop: Program) -> list[Product]:
    """Create 500 links, half of each program, and 100 products with two of them each."""
    section = ShopSection.objects.create(name="All")
    products = Product.objects.bulk_create(
        Product(name=f"Product {n}", reason="Good.", section=section) for n in range(100)
    )
    Link.objects.bulk_create(
        Link(
            name=f"Link {n}",
            slug=f"link-{n}",
            program=(amazon, shop)[n % 2],
            product=products[n // 2] if n < 200 else None,
            destination=f"https://www.amazon.com/dp/B{n:09d}" if n % 2 == 0 else f"https://shop.example.com/{n}",
        )
        for n in range(LINKS)
    )
    return products


def generate_fragments(products: list[Product]) -> Iterator[str]:
    """Yield text with each kind of affiliate link in turn: by slug, in a card, pasted, in a comparison; and without."""
    comparison = Comparison.objects.create(title="Three products")
    ComparisonRow.objects.bulk_create(ComparisonRow(comparison=comparison, product=each) for each in products[:3])
    numbers = cycle(range(LINKS))
    while True:
        yield f'<p><a href="/go/link-{next(numbers)}/">one</a> and <a href="/go/link-{next(numbers)}/">two</a></p>'
        yield '<p>Only <a href="/post-1/">our own</a> and <a href="https://journal.example.org/">another</a>.</p>'
        yield f'<div data-embed="product" data-id="{products[next(numbers) % 100].pk}"></div>'
        yield f'<p><a href="https://www.amazon.de/gp/product/B{next(numbers):09d}?tag=old-21">pasted</a></p>'
        yield f'<div data-embed="comparison" data-id="{comparison.pk}"></div>'
        yield f'<p><a href="https://shop.example.com/{next(numbers)}?ref=x">pasted</a></p>'


def make_site(amazon: Program, shop: Program) -> None:
    """Create a site with 300 posts, 500 links and every kind of affiliate content."""
    fragments = generate_fragments(make_products(amazon, shop))
    author, category, now = make_author(), make_category(slug="pain"), timezone.now()
    posts = []
    for number in range(POSTS):
        body = f"<p>Words of {number}.</p><h2>More</h2>{next(fragments)}"
        post = Post(title=f"Post {number}", slug=f"post-{number}", body=body, author=author, primary_category=category)
        post.status, post.published_at = Post.Status.PUBLISHED, now - timedelta(hours=number + 1)
        post.update_derived_fields()
        posts.append(post)
    Post.objects.bulk_create(posts)
    for post in posts[:20]:
        post.tags.add("gear")
    through = Post.categories.through
    through.objects.bulk_create([through(post=post, category=category) for post in posts])
    Page.objects.create(title="Gear", slug="gear", body=next(fragments), status="published", published_at=now)
    Page.objects.create(title="Plain", slug="plain", body="<p>Words.</p>", status="published", published_at=now)
    rebuild()


def check_links(path: str, markup: str, *, is_email: bool = False) -> int:
    """Assert that affiliate links are marked and disclosed. Return their number."""
    tree: HtmlElement = html.fromstring(markup if "<html" in markup else f"<div>{markup}</div>")
    links = list(tree.iter("a"))
    paid = [link for link in links if link.get("rel") == REL]
    text = tree.text_content()
    assert [
        link.get("href") for link in links if link not in paid and AFFILIATE_URL.search(link.get("href") or "")
    ] == [], path
    assert any(disclosure in text for disclosure in DISCLOSURES) == bool(paid), path
    if paid:
        source = html.tostring(tree, encoding="unicode")
        first_disclosure = min(source.index(disclosure) for disclosure in DISCLOSURES if disclosure in source)
        assert first_disclosure < source.index('rel="sponsored'), path
    for link in paid:
        href = link.get("href") or ""
        assert link.text_content().endswith("(paid link)"), path
        assert EXPECTED_URL.match(href), (path, href)
    if is_email:
        assert "amazon" not in markup.lower(), path
        assert "mine-20" not in markup, path
    return len(paid)


# URLs that are not public pages or have their own test, and pages of lists that are not requested below.
SKIPPED = re.compile(r"/(?:admin|media|static|go)/|.*feed/|.*\?|/post-(\d+)/")


def crawl(client: Client) -> dict[str, str]:
    """Return every page that can be reached from the home page, and posts with every kind of text."""
    queue = ["/", "/shop/?q=product", "/search/?q=words", "/search/?q=product", "/nothing/", "/go/link-0/", "/gear/"]
    queue += ["/plain/", *(f"/blog/?page={page}" for page in (2, 15, 30)), *(f"/post-{n}/" for n in range(WHOLE_POSTS))]
    pages: dict[str, str] = {}
    while queue:
        path = queue.pop()
        if path not in pages:
            response = client.get(path)
            assert response.status_code in (200, 404), path
            pages[path] = response.content.decode()
            hrefs = (link.get("href") or "" for link in html.fromstring(pages[path]).iter("a"))
            paths = {href.partition("#")[0] for href in hrefs if href.startswith("/")}
            queue += [each for each in paths if not SKIPPED.match(each)]
    return pages


def test_every_page_feed_and_email_discloses_affiliate_links_first(
    amazon: Program, shop: Program, client: Client
) -> None:
    SiteInfo.objects.create(name="Move")
    make_site(amazon, shop)
    counts = {}
    for path, page in crawl(client).items():
        counts[path] = check_links(path, page)
        # Amazon's statements are in the footer of every page, with or without affiliate links.
        assert "Amazon Services LLC Associates Program" in page.partition('<footer class="footer"')[2], path
    assert (counts["/shop/"], counts["/"], counts["/plain/"], counts["/nothing/"]) == (200, 0, 0, 0)
    year, author = f"/{timezone.localdate():%Y}/", Author.objects.get().get_absolute_url()
    assert {"/blog/", "/category/pain/", "/tag/gear/", year, author} <= counts.keys()
    posts = list(Post.objects.order_by("pk"))
    paid = [check_links(post.slug, text) for post, text in zip(posts, _rendered(posts, RenderTarget.PAGE), strict=True)]
    assert [counts[f"/post-{number}/"] for number in range(WHOLE_POSTS)] == paid[:WHOLE_POSTS]
    assert paid.count(0) == POSTS // 6
    assert sum(paid) > LINKS
    feeds = ("/feed/", "/feed/atom/", "/category/pain/feed/", "/tag/gear/feed/", f"{author}feed/")
    for path in feeds:
        entries = feedparser.parse(client.get(path).content).entries
        assert len(entries) == 20, path
        link_counts = [check_links(f"{path}{each.id}", each.content[-1].value) for each in entries]
        assert link_counts.count(0) == 20 // 6 + (1 if 20 % 6 > 1 else 0)
    SiteInfo.objects.update(feed_content=SiteInfo.FeedContent.SUMMARY)
    assert {
        check_links(path, each.summary) for path in feeds for each in feedparser.parse(client.get(path).content).entries
    } == {0}
    emails = _rendered(posts, RenderTarget.EMAIL)
    assert sum(check_links(post.slug, email, is_email=True) for post, email in zip(posts, emails, strict=True)) > 100


def _rendered(posts: list[Post], target: RenderTarget) -> list[SafeString]:
    return render_all([post.body for post in posts], target, [f"http://testserver/{post.slug}/" for post in posts])
