"""The blog's addresses, as the WordPress site had them."""

from django.urls import path, re_path, register_converter
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

app_name = "blog"
urlpatterns = [
    path("blog/", views.post_list, name="post_list"),
    path("preview/<str:token>/", views.preview, name="preview"),
    path("feed/", feeds.SiteFeed(), name="feed"),
    re_path(r"^category/(?P<path>[-\w/]+)/feed/$", feeds.CategoryFeed(), name="category_feed"),
    re_path(r"^category/(?P<path>[-\w/]+)/$", views.category, name="category"),
    path("tag/<word:slug>/feed/", feeds.TagFeed(), name="tag_feed"),
    path("tag/<word:slug>/", views.tag, name="tag"),
    path("series/<word:slug>/", views.series, name="series"),
    path("author/<word:slug>/", views.author, name="author"),
    path("<year:year>/", views.year, name="year"),
    re_path(r"^(?P<year>[0-9]{4})/(?P<month>0[1-9]|1[0-2])/$", views.month, name="month"),
    path("<word:slug>/", views.post_detail, name="post_detail"),
]
