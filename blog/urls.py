"""The blog's addresses, as the WordPress site had them. A post itself lies at the root, see `ptcomplete.views`."""

from django.urls import URLPattern, path, re_path, register_converter
from django.urls.converters import StringConverter

from blog import feeds, views


class SlugConverter(StringConverter):
    """A slug of letters of any script, digits, hyphens and underscores."""

    regex = r"[-\w]+"


class YearConverter(StringConverter):
    """Four digits."""

    regex = "[0-9]{4}"

    def to_python(self, value: str) -> int:  # type: ignore[override]
        return int(value)

    def to_url(self, value: int | str) -> str:
        return f"{value:04}"


register_converter(SlugConverter, "word")
register_converter(YearConverter, "year")


def _feeds(route: str, kind: type[feeds.SiteFeed], name: str) -> list[URLPattern]:
    """The RSS feed at `route`, and below it the same as Atom."""
    return [
        path(route, feeds.view(kind, feeds.Rss), name=name),
        path(f"{route}atom/", feeds.view(kind, feeds.Atom), name=f"{name}_atom"),
    ]


app_name = "blog"
urlpatterns = [
    path("blog/", views.post_list, name="post_list"),
    path("count-view/<int:pk>/", views.count_view, name="count_view"),
    path("preview/<str:token>/", views.preview, name="preview"),
    *_feeds("feed/", feeds.SiteFeed, "feed"),
    re_path(
        r"^category/(?P<path>[-\w/]+)/feed/atom/$",
        feeds.view(feeds.CategoryFeed, feeds.Atom),
        name="category_feed_atom",
    ),
    re_path(r"^category/(?P<path>[-\w/]+)/feed/$", feeds.view(feeds.CategoryFeed, feeds.Rss), name="category_feed"),
    re_path(r"^category/(?P<path>[-\w/]+)/$", views.category, name="category"),
    *_feeds("tag/<word:slug>/feed/", feeds.TagFeed, "tag_feed"),
    path("tag/<word:slug>/", views.tag, name="tag"),
    path("series/<word:slug>/", views.series, name="series"),
    *_feeds("author/<word:slug>/feed/", feeds.AuthorFeed, "author_feed"),
    path("author/<word:slug>/", views.author, name="author"),
    path("<year:year>/", views.year, name="year"),
    re_path(r"^(?P<year>[0-9]{4})/(?P<month>0[1-9]|1[0-2])/$", views.month, name="month"),
]
