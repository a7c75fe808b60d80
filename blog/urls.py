"""URLs for the blog, the same as in WordPress. Posts are at the root of the site, see `ptcomplete.views.document`."""

from django.urls import URLPattern, path, re_path, register_converter
from django.urls.converters import StringConverter

from blog import feeds, finder_views, home_programs, views
from plaintext.slugs import SLUG_PATTERN

_SLUG_PATH = f"{SLUG_PATTERN}(?:/{SLUG_PATTERN})*"


class SlugConverter(StringConverter):
    """A slug in any script."""

    regex = SLUG_PATTERN


class YearConverter(StringConverter):
    """A year of four digits."""

    regex = "[0-9]{4}"

    def to_python(self, value: str) -> int:  # type: ignore[override]
        """Return the year as a number."""
        return int(value)

    def to_url(self, value: int | str) -> str:
        """Return the year in four digits."""
        return f"{value:04}"


register_converter(SlugConverter, "unicode_slug")
register_converter(YearConverter, "year")


def _feed_paths(route: str, feed_class: type[feeds.SiteFeed], name: str) -> list[URLPattern]:
    """Return the paths of the RSS feed at `route` and of the Atom feed below it."""
    return [
        path(route, feeds.feed_view(feed_class, feeds.Rss), name=name),
        path(f"{route}atom/", feeds.feed_view(feed_class, feeds.Atom), name=f"{name}_atom"),
    ]


app_name = "blog"
urlpatterns = [
    path("blog/", views.post_list, name="post_list"),
    path("blog/archive/", views.archive_index, name="archive_index"),
    path("count-view/<int:pk>/", views.count_view, name="count_view"),
    path("preview/<str:token>/", views.preview, name="preview"),
    *_feed_paths("feed/", feeds.SiteFeed, "feed"),
    re_path(
        rf"^category/(?P<path>{_SLUG_PATH})/feed/atom/$",
        feeds.feed_view(feeds.CategoryFeed, feeds.Atom),
        name="category_feed_atom",
    ),
    re_path(
        rf"^category/(?P<path>{_SLUG_PATH})/feed/$",
        feeds.feed_view(feeds.CategoryFeed, feeds.Rss),
        name="category_feed",
    ),
    re_path(rf"^category/(?P<path>{_SLUG_PATH})/$", views.category, name="category"),
    *_feed_paths("tag/<unicode_slug:slug>/feed/", feeds.TagFeed, "tag_feed"),
    path("tag/<unicode_slug:slug>/", views.tag, name="tag"),
    path("series/<unicode_slug:slug>/", views.series, name="series"),
    *_feed_paths("author/<unicode_slug:slug>/feed/", feeds.AuthorFeed, "author_feed"),
    path("author/<unicode_slug:slug>/", views.author, name="author"),
    path("where-does-it-hurt/", finder_views.where_does_it_hurt, name="where_does_it_hurt"),
    path("where-does-it-hurt/<unicode_slug:slug>/", finder_views.body_region, name="body_region"),
    path("where-does-it-hurt/condition/<unicode_slug:slug>/", finder_views.condition, name="condition"),
    path("where-does-it-hurt/goal/<unicode_slug:slug>/", finder_views.goal, name="goal"),
    path("<unicode_slug:slug>/home-program/", home_programs.home_program, name="home_program"),
    re_path(
        rf"^(?P<slug>{SLUG_PATTERN})/home-program/(?P<paper>a4|letter)\.pdf$",
        home_programs.home_program_pdf,
        name="home_program_pdf",
    ),
    path(
        "<unicode_slug:slug>/home-program/calendar.ics",
        home_programs.home_program_calendar,
        name="home_program_calendar",
    ),
    path("<year:year>/", views.year, name="year"),
    re_path(r"^(?P<year>[0-9]{4})/(?P<month>0[1-9]|1[0-2])/$", views.month, name="month"),
]
