"""RSS and Atom feeds of the site, a category, a tag and an author, with full text or summaries."""

import mimetypes
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.encoding import escape_uri_path
from django.utils.feedgenerator import Atom1Feed, Enclosure, Rss201rev2Feed, SyndicationFeed
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from accounts.models import Author
from blog.disclaimers import DisclaimerRules
from blog.models import Category, Post, PostQuerySet, Tag
from blog.visibility import public_authors, public_tags
from images.renditions import og_image_url
from pagecache.per_version import html_per_version
from pagecache.responses import depend_on_texts
from pagecache.versions import versions_of
from plaintext.characters import strip_control_characters
from richtext.embeds import RenderTarget
from richtext.problems import render_each
from richtext.rendering import render_all
from siteinfo.context_processors import get_site
from siteinfo.models import SiteInfo
from siteinfo.urls import absolute_url

ITEMS = 20


class _CleanFeed(SyndicationFeed):
    """A feed without control characters, which XML cannot represent."""

    def add_root_elements(self, handler: Any) -> None:
        """Add the metadata of the feed."""
        self.feed = _strip(self.feed)
        super().add_root_elements(handler)

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        """Add an item."""
        super().add_item_elements(handler, _strip(item))


class Rss(_CleanFeed, Rss201rev2Feed):
    """RSS 2.0 with the full text of posts in content:encoded."""

    def rss_attributes(self) -> dict[str, str]:
        """Declare the namespace of content:encoded."""
        return {**super().rss_attributes(), "xmlns:content": "http://purl.org/rss/1.0/modules/content/"}

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        """Add the full text."""
        super().add_item_elements(handler, item)
        if item["content"]:
            handler.addQuickElement("content:encoded", strip_control_characters(item["content"]))


class Atom(_CleanFeed, Atom1Feed):
    """Atom 1.0 with the full text of posts as content."""

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        """Add the full text."""
        super().add_item_elements(handler, item)
        if item["content"]:
            handler.addQuickElement("content", strip_control_characters(item["content"]), {"type": "html"})


def _strip(value: Any) -> Any:
    """Return `value` without control characters, also inside lists and dictionaries."""
    if isinstance(value, dict):
        return {name: _strip(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_strip(each) for each in value]
    return strip_control_characters(value) if isinstance(value, str) else value


def feed_view(feed_class: type["SiteFeed"], feed_type: type[Rss | Atom]) -> Callable[..., HttpResponse]:
    """Return a view of `feed_class` in the format `feed_type`."""

    @require_safe
    def show_feed(request: HttpRequest, **kwargs: str) -> HttpResponse:
        def render() -> SafeString:
            feed = feed_class()  # keeps state, so each request needs its own
            feed.feed_type = feed_type
            return SafeString(feed(request, **kwargs).content.decode())

        key = (feed_class, feed_type, request.path)
        xml = html_per_version(request, key, render, versions_of(request).texts)
        # Without Last-Modified: unpublishing a post does not change the latest date. The ETag always shows a change.
        return depend_on_texts(HttpResponse(xml, content_type=feed_type.content_type))

    return show_feed


class SiteFeed(Feed):
    """The newest posts of the site. Other feeds limit it to some posts."""

    item_guid_is_permalink = False

    def get_object(self, request: HttpRequest, **kwargs: str) -> Any:
        """Return what the feed is limited to: None for the whole site."""
        self.site = get_site(request)
        self.url = absolute_url(escape_uri_path(request.path))
        return None

    def posts(self, obj: Any) -> PostQuerySet:
        """Return the public posts."""
        return Post.objects.published()

    def title(self, obj: Any) -> str:
        """Return the title."""
        return f"{obj} | {self.site.name}" if obj else self.site.name

    def description(self, obj: Any) -> str:
        """Return the description of the object or the site."""
        return getattr(obj, "description", "") or self.site.description or self.site.tagline

    def subtitle(self, obj: Any) -> str:
        """Return the description, which Atom calls subtitle."""
        return self.description(obj)

    def link(self, obj: Any) -> str:
        """Return the URL of the page with the same posts."""
        return absolute_url(obj.get_absolute_url() if obj else reverse("home"))

    def feed_url(self, obj: Any) -> str:
        """Return the URL of the feed."""
        return self.url

    def items(self, obj: Any) -> list[Post]:
        """Return the newest posts, and render their texts together."""
        posts = self.posts(obj).newest_first().select_related("author", "featured_image")
        found = list(posts.prefetch_related("categories", "tags")[:ITEMS])  # type: ignore[misc]
        self.disclaimers = DisclaimerRules.load()
        # The full texts by primary key. A post whose text cannot be rendered has only its summary.
        self.contents: dict[int, str] = {}
        if self.site.feed_content == SiteInfo.FeedContent.FULL:
            contents = render_each(found, "feeds", self._contents, None)
            self.contents = {post.pk: text for post, text in zip(found, contents, strict=True) if text is not None}
        return found

    def _contents(self, posts: Sequence[Post]) -> list[str | None]:
        bodies = render_all([post.body for post in posts], RenderTarget.FEED, map(self.item_link, posts))
        return [self._content(post, body) for post, body in zip(posts, bodies, strict=True)]

    def item_guid(self, item: Post) -> str:
        """Return a tag URI (RFC 4151), which stays the same when the post's URL changes."""
        return f"tag:{urlsplit(settings.SITE_URL).hostname},{item.created_at:%Y-%m-%d}:post-{item.pk}"

    def item_title(self, item: Post) -> str:
        """Return the title."""
        return item.title

    def item_link(self, item: Post) -> str:
        """Return the absolute URL."""
        return absolute_url(item.get_absolute_url())

    def item_description(self, item: Post) -> str:
        """Return the summary. Without the full text, a link to the post follows."""
        if item.pk in self.contents:
            return escape(item.summary)
        return format_html(
            '{}<p>{}</p><p><a href="{}">Read “{}”</a></p>',
            self._disclaimer(item),
            item.summary,
            self.item_link(item),
            item.title,
        )

    def item_author_name(self, item: Post) -> str:
        """Return the author's name."""
        return item.author.name

    def item_author_link(self, item: Post) -> str:
        """Return the URL of the author's page."""
        return absolute_url(item.author.get_absolute_url())

    def item_pubdate(self, item: Post) -> Any:
        """Return the time of publication."""
        return item.published_at

    def item_updateddate(self, item: Post) -> Any:
        """Return the time of the last change in substance."""
        return item.last_changed_at

    def item_categories(self, item: Post) -> list[str]:
        """Return the names of categories and tags, without duplicates."""
        return list(dict.fromkeys(str(each) for each in (*item.categories.all(), *item.tags.all())))

    def item_enclosures(self, item: Post) -> list[Enclosure]:
        """Return the featured image."""
        if item.featured_image is None:
            return []
        path = og_image_url(item.featured_image)
        try:
            size = default_storage.size(unquote(path).removeprefix(settings.MEDIA_URL))
        except OSError:
            size = 0
        kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
        return [Enclosure(absolute_url(path), str(size), kind)]

    def item_extra_kwargs(self, item: Post) -> dict[str, Any]:
        """Pass the full text to the feed type."""
        return {"content": self.contents.get(item.pk, "")}

    def _disclaimer(self, item: Post) -> SafeString:
        text = self.disclaimers.for_post(item)
        return format_html("<p><em>{}</em></p>", text) if text else SafeString("")

    def _content(self, item: Post, body: SafeString) -> SafeString:
        points = format_html_join("", "<li>{}</li>", ((point,) for point in item.tldr_points))
        tldr = format_html("<h2>TL;DR</h2><ul>{}</ul>", points) if points else ""
        return format_html("{}{}{}", self._disclaimer(item), tldr, body)


class CategoryFeed(SiteFeed):
    """The newest posts of a category and its subcategories."""

    def get_object(self, request: HttpRequest, **kwargs: str) -> Category:
        """Return the category. Raise Http404 if there is none."""
        super().get_object(request)
        return get_object_or_404(Category, path=f"{kwargs['path']}/")

    def posts(self, obj: Category) -> PostQuerySet:
        """Return the public posts of the category."""
        return Post.objects.published().in_category(obj)


class TagFeed(SiteFeed):
    """The newest posts with a tag."""

    def get_object(self, request: HttpRequest, **kwargs: str) -> Tag:
        """Return the tag. Raise Http404 if it has no public post."""
        super().get_object(request)
        return get_object_or_404(public_tags(), slug=kwargs["slug"])

    def posts(self, obj: Tag) -> PostQuerySet:
        """Return the public posts with the tag."""
        return Post.objects.published().filter(tags=obj)


class AuthorFeed(SiteFeed):
    """The newest posts of an author."""

    def get_object(self, request: HttpRequest, **kwargs: str) -> Author:
        """Return the author. Raise Http404 if the author has no page."""
        super().get_object(request)
        return get_object_or_404(public_authors(), slug=kwargs["slug"])

    def posts(self, obj: Author) -> PostQuerySet:
        """Return the public posts by the author."""
        return Post.objects.published().filter(author=obj)

    def description(self, obj: Author) -> str:
        """Return the author's short bio or the description of the site."""
        return obj.short_bio or super().description(None)
