"""RSS feeds of the site, of a category and of a tag: the newest posts, whole."""

from typing import Any

from django.contrib.syndication.views import Feed
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.feedgenerator import Rss201rev2Feed
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from blog.models import UNPRINTABLE, Category, Post, PostQuerySet, Tag
from prose.embeds import Target
from prose.rendering import render_all
from siteinfo.addresses import absolute_url
from siteinfo.models import SiteInfo

ITEMS = 20


class FullTextFeed(Rss201rev2Feed):
    """RSS 2.0 with each post's whole text in content:encoded."""

    def rss_attributes(self) -> dict[str, str]:
        return {**super().rss_attributes(), "xmlns:content": "http://purl.org/rss/1.0/modules/content/"}

    def add_root_elements(self, handler: Any) -> None:
        self.feed = _printable(self.feed)
        super().add_root_elements(handler)

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        item = _printable(item)
        super().add_item_elements(handler, item)
        handler.addQuickElement("content:encoded", item["content"])


def _printable(facts: Any) -> Any:
    """`facts` without the characters that XML cannot hold, in lists and dictionaries too."""
    if isinstance(facts, dict):
        return {name: _printable(value) for name, value in facts.items()}
    if isinstance(facts, list | tuple):
        return [_printable(value) for value in facts]
    return UNPRINTABLE.sub("", facts) if isinstance(facts, str) else facts


class SiteFeed(Feed):
    """The newest posts of the whole site; the other feeds narrow it."""

    feed_type = FullTextFeed

    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().__call__(request, *args, **kwargs)
        # A post taken back makes no time newer: only the ETag tells whether the feed has changed.
        del response["Last-Modified"]
        return response

    def get_object(self, request: HttpRequest, **kwargs: str) -> Any:
        self.site = SiteInfo.objects.first() or SiteInfo()
        return None

    def posts(self, obj: Any) -> PostQuerySet:
        return Post.objects.published()

    def title(self, obj: Any) -> str:
        return f"{obj} | {self.site.name}" if obj else self.site.name

    def description(self, obj: Any) -> str:
        return getattr(obj, "description", "") or self.site.description or self.site.tagline

    def link(self, obj: Any) -> str:
        return absolute_url(obj.get_absolute_url() if obj else reverse("home"))

    def feed_url(self, obj: Any) -> str:
        return absolute_url(reverse("blog:feed"))

    def items(self, obj: Any) -> list[Post]:
        posts = self.posts(obj).newest_first().select_related("author", "featured_image")
        found = list(posts.prefetch_related("categories", "tags")[:ITEMS])  # type: ignore[misc]
        bodies = render_all([post.body for post in found], Target.FEED)
        self.bodies = dict(zip((post.pk for post in found), bodies, strict=True))
        return found

    def item_title(self, item: Post) -> str:
        return item.title

    def item_link(self, item: Post) -> str:
        return absolute_url(item.get_absolute_url())

    def item_description(self, item: Post) -> str:
        return item.summary

    def item_author_name(self, item: Post) -> str:
        return item.author.name

    def item_pubdate(self, item: Post) -> Any:
        return item.published_at

    def item_updateddate(self, item: Post) -> Any:
        return item.modified_at

    def item_categories(self, item: Post) -> list[str]:
        return [str(each) for each in (*item.categories.all(), *item.tags.all())]

    def item_extra_kwargs(self, item: Post) -> dict[str, Any]:
        return {"content": self._content(item)}

    def _content(self, item: Post) -> SafeString:
        points = format_html_join("", "<li>{}</li>", ((point,) for point in item.tldr_points))
        return format_html(
            "{}{}{}",
            format_html("<p><em>{}</em></p>", self.site.disclaimer) if self.site.disclaimer else "",
            format_html("<h2>TL;DR</h2><ul>{}</ul>", points) if points else "",
            self.bodies[item.pk],
        )


class CategoryFeed(SiteFeed):
    """The newest posts in a category and below it."""

    def get_object(self, request: HttpRequest, **kwargs: str) -> Category:
        super().get_object(request)
        return get_object_or_404(Category, path=f"{kwargs['path']}/")

    def posts(self, obj: Category) -> PostQuerySet:
        return Post.objects.published().in_category(obj)

    def feed_url(self, obj: Category) -> str:
        return absolute_url(reverse("blog:category_feed", args=[obj.path.strip("/")]))


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

    def feed_url(self, obj: Tag) -> str:
        return absolute_url(reverse("blog:tag_feed", args=[obj.slug]))
