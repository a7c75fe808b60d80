"""A whole site, crawled: no page, feed or mail has a paid link that is not marked, and said before."""

import re
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
# Whole pages take their time: the texts of all others are rendered as for their pages.
WHOLE = 30
REL = "sponsored nofollow noopener"
SAID = ("I may earn a commission", "Quiet Shop pays me a share")
PAYS = re.compile(r"amazon\.|tag=|ref=me|/go/")


def furnish(amazon: Program, shop: Program) -> None:
    """A site with 300 posts and 500 links of both programs: by name, in cards and comparisons, and pasted."""
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
    comparison = Comparison.objects.create(title="ComparisonRow")
    ComparisonRow.objects.bulk_create(ComparisonRow(comparison=comparison, product=each) for each in products[:3])
    numbers = cycle(range(LINKS))
    kinds = cycle(
        [
            lambda: (
                f'<p><a href="/go/link-{next(numbers)}/">one</a> and <a href="/go/link-{next(numbers)}/">two</a></p>'
            ),
            lambda: '<p>Only <a href="/post-1/">an own</a> and <a href="https://journal.example.org/">another</a>.</p>',
            lambda: f'<div data-embed="product" data-id="{products[next(numbers) % 100].pk}"></div>',
            lambda: f'<p><a href="https://www.amazon.de/gp/product/B{next(numbers):09d}?tag=old-21">pasted</a></p>',
            lambda: f'<div data-embed="comparison" data-id="{comparison.pk}"></div>',
            lambda: f'<p><a href="https://shop.example.com/{next(numbers)}?ref=x">pasted</a></p>',
        ]
    )
    author, category, now = make_author(), make_category(slug="pain"), timezone.now()
    posts = []
    for number in range(POSTS):
        body = f"<p>Words of {number}.</p><h2>More</h2>{next(kinds)()}"
        posts.append(
            Post(title=f"Post {number}", slug=f"post-{number}", body=body, author=author, primary_category=category)
        )
        posts[-1].status, posts[-1].published_at = Post.Status.PUBLISHED, now - timedelta(hours=number + 1)
        posts[-1].update_derived_fields()
    Post.objects.bulk_create(posts)
    for post in posts[:20]:
        post.tags.add("gear")
    places = Post.categories.through
    places.objects.bulk_create([places(post=post, category=category) for post in posts])
    Page.objects.create(title="Gear", slug="gear", body=next(kinds)(), status="published", published_at=now)
    Page.objects.create(title="Plain", slug="plain", body="<p>Words.</p>", status="published", published_at=now)
    rebuild()


def judge(place: str, markup: str, *, is_mail: bool = False) -> int:
    """Assert the rules on what readers get at `place`; how many paid links it has."""
    tree: HtmlElement = html.fromstring(markup if "<html" in markup else f"<div>{markup}</div>")
    links = list(tree.iter("a"))
    paid = [link for link in links if link.get("rel") == REL]
    words = tree.text_content()
    assert [link.get("href") for link in links if link not in paid and PAYS.search(link.get("href") or "")] == [], place
    assert any(said in words for said in SAID) == bool(paid), place
    if paid:
        source = html.tostring(tree, encoding="unicode")
        assert min(source.index(said) for said in SAID if said in source) < source.index('rel="sponsored'), place
    for link in paid:
        href = link.get("href") or ""
        assert link.text_content().endswith("(paid link)"), place
        assert re.match(
            r"https://www\.amazon\.(com|de)/dp/B\d{9}\?tag=mine-20$|(http://testserver)?/go/link-\d*[13579]/$|https://shop\.example\.com/\d+\?ref=me$",
            href,
        ), (place, href)
    if is_mail:
        assert "amazon" not in markup.lower(), place
        assert "mine-20" not in markup, place
    return len(paid)


# What is no page for readers, what has its own test, and the lists' pages beyond those named below.
SKIPPED = re.compile(r"/(?:admin|media|static|go)/|.*feed/|.*\?|/post-(\d+)/")


def crawl(client: Client) -> dict[str, str]:
    """Every page that can be reached from the home page, with posts of every kind of text."""
    waiting = ["/", "/shop/?q=product", "/search/?q=words", "/search/?q=product", "/nothing/", "/go/link-0/", "/gear/"]
    waiting += ["/plain/", *(f"/blog/?page={page}" for page in (2, 15, 30)), *(f"/post-{n}/" for n in range(WHOLE))]
    pages: dict[str, str] = {}
    while waiting:
        path = waiting.pop()
        if path not in pages:
            response = client.get(path)
            assert response.status_code in (200, 404), path
            pages[path] = response.content.decode()
            found = (link.get("href") or "" for link in html.fromstring(pages[path]).iter("a"))
            places = {href.partition("#")[0] for href in found if href.startswith("/")}
            waiting += [place for place in places if not SKIPPED.match(place)]
    return pages


def test_every_page_feed_and_mail_of_a_site_says_what_pays_before_the_first_link(
    amazon: Program, shop: Program, client: Client
) -> None:
    SiteInfo.objects.create(name="Move")
    furnish(amazon, shop)
    counts = {}
    for path, page in crawl(client).items():
        counts[path] = judge(path, page)
        # Amazon's statements stand at the foot of every page, whether or not it has one of the links.
        assert "Amazon Services LLC Associates Program" in page.partition('<footer class="footer"')[2], path
    assert (counts["/shop/"], counts["/"], counts["/plain/"], counts["/nothing/"]) == (200, 0, 0, 0)
    year, author = f"/{timezone.localdate():%Y}/", Author.objects.get().get_absolute_url()
    assert {"/blog/", "/category/pain/", "/tag/gear/", year, author} <= counts.keys()
    posts = list(Post.objects.order_by("pk"))
    paid = [judge(post.slug, text) for post, text in zip(posts, _rendered(posts, RenderTarget.PAGE), strict=True)]
    assert [counts[f"/post-{number}/"] for number in range(WHOLE)] == paid[:WHOLE]
    assert paid.count(0) == POSTS // 6
    assert sum(paid) > LINKS
    feeds = ("/feed/", "/feed/atom/", "/category/pain/feed/", "/tag/gear/feed/", f"{author}feed/")
    for path in feeds:
        entries = feedparser.parse(client.get(path).content).entries
        assert len(entries) == 20, path
        found = [judge(f"{path}{each.id}", each.content[-1].value) for each in entries]
        assert found.count(0) == 20 // 6 + (1 if 20 % 6 > 1 else 0)
    SiteInfo.objects.update(feed_content=SiteInfo.FeedContent.SUMMARY)
    assert {
        judge(path, each.summary) for path in feeds for each in feedparser.parse(client.get(path).content).entries
    } == {0}
    mails = _rendered(posts, RenderTarget.EMAIL)
    assert sum(judge(post.slug, mail, is_mail=True) for post, mail in zip(posts, mails, strict=True)) > 100


def _rendered(posts: list[Post], target: RenderTarget) -> list[SafeString]:
    return render_all([post.body for post in posts], target, [f"http://testserver/{post.slug}/" for post in posts])
