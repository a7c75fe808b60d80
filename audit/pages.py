"""A page of every type that visitors see."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lxml import html
from lxml.html import HtmlElement
from playwright.sync_api import APIRequestContext

if TYPE_CHECKING:
    from accounts.models import Author
    from blog.models import Category, Post

HERE = Path(__file__).parent
# Pages of the demo that the audit need not create or look for.
FIXED = {
    "reviewer": "/author/rowan-lee/",
    "overdue post": "/bridges-for-backs-that-dislike-sitting/",
    "editorial policy": "/editorial-policy/",
    "search with hits": "/search/?q=stairs",
    "search without": "/search/?q=zyxwv",
    "about": "/about/",
    "services": "/about/services/",
    "policy": "/privacy-policy/",
    "contact": "/contact/",
    "shop": "/shop/",
    "where does it hurt": "/where-does-it-hurt/",
    "body region": "/where-does-it-hurt/lower-back/",
    "exercise": "/exercises/bridge/",
    "post with paid links": "/what-a-foam-roller-does/",
    "newsletter": "/newsletter/",
    "newsletter archive": "/newsletter/archive/",
    "not found": "/nothing-is-here/",
}


def create_pages() -> dict[str, str]:
    """Add the types of pages that the demo lacks, and return the path of a page of each type by name."""
    # Imported here, because the audit configures the database before it sets up Django.
    from django.urls import reverse

    from blog.models import Category, Post

    newest = Post.objects.published().newest_first().select_related("author")[0]
    longest = Post.objects.published().latest("word_count")
    category = Category.objects.filter(parent=None)[0]
    return {
        "home": reverse("home"),
        "blog": reverse("blog:post_list"),
        "post": newest.get_absolute_url(),
        "long post": longest.get_absolute_url(),
        "post with every element": _create_post_with_every_element(newest.author, category),
        "category": category.get_absolute_url(),
        "tag": newest.tags.all()[0].get_absolute_url(),
        "series": _create_series(longest, newest),
        "author": newest.author.get_absolute_url(),
        "year": f"/{newest.published_at:%Y}/",
        "month": f"/{newest.published_at:%Y/%m}/",
        "newsletter archive detail": _create_campaign(newest),
        "correction form": f"/feedback/{newest.slug}/",
        "preview of a draft": _create_draft(newest),
        **FIXED,
    }


def find_pages(client: APIRequestContext, url: str) -> dict[str, str]:
    """Return the path of a page of each type on an imported site, found by its links."""

    def paths(page: str, xpath: str) -> list[str]:
        tree: HtmlElement = html.fromstring(client.get(url + page).body())
        return [str(path).removeprefix(url) for path in tree.xpath(xpath)]

    posts = paths("/blog/", "//article//a/@href")
    return {
        "home": "/",
        "blog": "/blog/",
        "post": posts[0],
        "long post": posts[1],
        "category": paths("/", "//a[starts-with(@href, '/category/')]/@href")[0],
        "author": paths(posts[0], "//a[@rel='author']/@href")[0],
        "tag": paths(posts[0], "//a[@rel='tag']/@href")[0],
        "archive": "/blog/archive/",
        "search with hits": "/search/?q=walk",
        "search without": "/search/?q=zyxwv",
        "newsletter": "/newsletter/",
        "not found": "/nothing-is-here/",
    }


def _create_post_with_every_element(author: "Author", category: "Category") -> str:
    from django.utils import timezone

    from blog.models import Post
    from images.models import Image, Video

    first, second, third = Image.objects.order_by("-width", "pk")[:3]
    video = Video.objects.create(provider="vimeo", key="12345678", title="Heel drops", thumbnail=first)
    body = (HERE / "all_elements.html").read_text(encoding="utf-8")
    post = Post(
        title="Every element on one page, and a title much too long for a post about knees",
        slug="every-element",
        author=author,
        primary_category=category,
        tldr="One of each.\nNone is missing.",
        body=body.format(first=first.pk, second=second.pk, third=third.pk, video=video.pk),
    )
    post.publish(timezone.now() - timedelta(days=200))
    post.save()
    return post.get_absolute_url()


def _create_series(*posts: "Post") -> str:
    from blog.models import Post, Series

    series = Series.objects.create(title="Back on your feet", slug="back-on-your-feet", description="In three steps.")
    for number, post in enumerate(posts, start=1):
        Post.objects.filter(pk=post.pk).update(series=series, series_position=number)
    return series.get_absolute_url()


def _create_draft(post: "Post") -> str:
    from blog.models import Post
    from publishing.visibility import preview_url

    draft = Post.objects.create(
        title="Not yet", slug="not-yet", author=post.author, body=post.body, featured_image=post.featured_image
    )
    return urlsplit(preview_url(draft, "blog:preview")).path


def _create_campaign(post: "Post") -> str:
    from newsletter.delivery.materialize import prepare_campaign
    from newsletter.models import Campaign, NewsletterSettings

    campaign = Campaign.objects.create(subject="Small steps this week", body=post.body, status="preparing")
    prepare_campaign(campaign, NewsletterSettings.load())
    campaign.refresh_from_db()
    return campaign.archive_path
