"""RSS and Atom feeds of the site, of a category, a tag and an author: the newest posts, whole or in short."""

import mimetypes
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.encoding import escape_uri_path
from django.utils.feedgenerator import Atom1Feed, Enclosure, Rss201rev2Feed, SyndicationFeed
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from accounts.models import Author
from blog.models import UNPRINTABLE, Category, Post, PostQuerySet, Tag, public_authors
from images.renditions import og_image_url
from richtext.embeds import RenderTarget
from richtext.rendering import render_all
from siteinfo.models import SiteInfo
from siteinfo.urls import absolute_url

ITEMS = 20


class _Printable(SyndicationFeed):
    """A feed without the characters that XML cannot hold."""

    def add_root_elements(self, handler: Any) -> None:
        self.feed = _printable(self.feed)
        super().add_root_elements(handler)

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, _printable(item))


class Rss(_Printable, Rss201rev2Feed):
    """RSS 2.0 with each post's whole text in content:encoded."""

    def rss_attributes(self) -> dict[str, str]:
        return {**super().rss_attributes(), "xmlns:content": "http://purl.org/rss/1.0/modules/content/"}

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        if item["content"]:
            handler.addQuickElement("content:encoded", _printable(item["content"]))


class Atom(_Printable, Atom1Feed):
    """Atom 1.0 with each post's whole text as its content."""

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        if item["content"]:
            handler.addQuickElement("content", _printable(item["content"]), {"type": "html"})


def _printable(facts: Any) -> Any:
    """`facts` without the characters that XML cannot hold, in lists and dictionaries too."""
    if isinstance(facts, dict):
        return {name: _printable(value) for name, value in facts.items()}
    if isinstance(facts, list | tuple):
        return [_printable(value) for value in facts]
    return UNPRINTABLE.sub("", facts) if isinstance(facts, str) else facts


def view(kind: type["SiteFeed"], feed_type: type[SyndicationFeed]) -> Callable[..., HttpResponse]:
    """A view of the feed `kind` as `feed_type`. Each request has a feed of its own: threads must not share one."""

    @require_safe
    def show(request: HttpRequest, **place: str) -> HttpResponse:
        feed = kind()
        feed.feed_type = feed_type
        response = feed(request, **place)
        # A post taken back makes no time newer: only the ETag tells whether the feed has changed.
        del response["Last-Modified"]
        return response

    return show


class SiteFeed(Feed):
    """The newest posts of the whole site; the other feeds narrow it."""

    item_guid_is_permalink = False

    def get_object(self, request: HttpRequest, **kwargs: str) -> Any:
        self.site = SiteInfo.load()
        self.address = absolute_url(escape_uri_path(request.path))
        return None

    def posts(self, obj: Any) -> PostQuerySet:
        return Post.objects.published()

    def title(self, obj: Any) -> str:
        return f"{obj} | {self.site.name}" if obj else self.site.name

    def description(self, obj: Any) -> str:
        return getattr(obj, "description", "") or self.site.description or self.site.tagline

    def subtitle(self, obj: Any) -> str:
        return self.description(obj)

    def link(self, obj: Any) -> str:
        return absolute_url(obj.get_absolute_url() if obj else reverse("home"))

    def feed_url(self, obj: Any) -> str:
        return self.address

    def items(self, obj: Any) -> list[Post]:
        posts = self.posts(obj).newest_first().select_related("author", "featured_image")
        found = list(posts.prefetch_related("categories", "tags")[:ITEMS])  # type: ignore[misc]
        self.contents: dict[int, str] = {}
        if self.site.feed_content == SiteInfo.FeedContent.FULL:
            addresses = [absolute_url(post.get_absolute_url()) for post in found]
            bodies = render_all([post.body for post in found], RenderTarget.FEED, addresses)
            self.contents = {post.pk: self._content(post, body) for post, body in zip(found, bodies, strict=True)}
        return found

    def item_guid(self, item: Post) -> str:
        """The same for ever, also when the post moves to another address: a tag URI (RFC 4151)."""
        return f"tag:{urlsplit(settings.SITE_URL).hostname},{item.created_at:%Y-%m-%d}:post-{item.pk}"

    def item_title(self, item: Post) -> str:
        return item.title

    def item_link(self, item: Post) -> str:
        return absolute_url(item.get_absolute_url())

    def item_description(self, item: Post) -> str:
        if item.pk in self.contents:
            return escape(item.summary)
        return format_html(
            '{}<p>{}</p><p><a href="{}">Read “{}”</a></p>',
            self._disclaimer(),
            item.summary,
            self.item_link(item),
            item.title,
        )

    def item_author_name(self, item: Post) -> str:
        return item.author.name

    def item_author_link(self, item: Post) -> str:
        return absolute_url(item.author.get_absolute_url())

    def item_pubdate(self, item: Post) -> Any:
        return item.published_at

    def item_updateddate(self, item: Post) -> Any:
        return item.modified_at

    def item_categories(self, item: Post) -> list[str]:
        return list(dict.fromkeys(str(each) for each in (*item.categories.all(), *item.tags.all())))

    def item_enclosures(self, item: Post) -> list[Enclosure]:
        """The featured picture."""
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
        return {"content": self.contents.get(item.pk, "")}

    def _disclaimer(self) -> SafeString:
        return format_html("<p><em>{}</em></p>", self.site.disclaimer) if self.site.disclaimer else SafeString("")

    def _content(self, item: Post, body: SafeString) -> SafeString:
        points = format_html_join("", "<li>{}</li>", ((point,) for point in item.tldr_points))
        short = format_html("<h2>TL;DR</h2><ul>{}</ul>", points) if points else ""
        return format_html("{}{}{}", self._disclaimer(), short, body)


class CategoryFeed(SiteFeed):
    """The newest posts in a category and below it."""

    def get_object(self, request: HttpRequest, **kwargs: str) -> Category:
        super().get_object(request)
        return get_object_or_404(Category, path=f"{kwargs['path']}/")

    def posts(self, obj: Category) -> PostQuerySet:
        return Post.objects.published().in_category(obj)


class TagFeed(SiteFeed):
    """The newest posts that carry a tag."""

    def get_object(self, request: HttpRequest, **kwargs: str) -> Tag:
        super().get_object(request)
        tag = get_object_or_404(Tag, slug=kwargs["slug"])
        if not self.posts(tag).exists():
            raise Http404
        return tag

    def posts(self, obj: Tag) -> PostQuerySet:
        return Post.objects.published().filter(tags=obj)


class AuthorFeed(SiteFeed):
    """The newest posts of an author."""

    def get_object(self, request: HttpRequest, **kwargs: str) -> Author:
        super().get_object(request)
        return get_object_or_404(public_authors(), slug=kwargs["slug"])

    def posts(self, obj: Author) -> PostQuerySet:
        return Post.objects.published().filter(author=obj)

    def description(self, obj: Author) -> str:
        return obj.short_bio or super().description(None)
