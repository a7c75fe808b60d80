"""The URLs of the site. Posts and pages come last, since they can have almost any path at the root."""

from django.contrib import admin
from django.urls import include, path, re_path

from plaintext.slugs import SLUG_PATTERN
from ptcomplete import views
from ptcomplete.downloads import download
from siteinfo.appearance import appearance

urlpatterns = [
    path("", views.home, name="home"),
    path("healthz", views.healthz, name="healthz"),
    path("favicon.ico", views.favicon, name="favicon"),
    path("icon.png", views.icon_png, name="icon_png"),
    path("apple-touch-icon.png", views.apple_touch_icon, name="apple_touch_icon"),
    re_path(r"^apple-touch-icon(?P<variant>(?:-\d{2,3}x\d{2,3})?(?:-precomposed)?)\.png$", views.apple_touch_icon),
    re_path(r"^appearance-(?P<version>[0-9a-f]{12})\.css$", appearance, name="appearance"),
    path("robots.txt", views.robots, name="robots"),
    path("sitemap.xml", views.sitemap_index, name="sitemap_index"),
    path("sitemap-<section>.xml", views.sitemap_section, name="sitemap_section"),
    path("share/card-<token>.png", views.og_image, name="og_image"),
    path("files/<int:pk>/<str:name>", download, name="file_download"),
    re_path(r"^media/(?P<path>.+)$", views.media, name="media"),
    path("admin/", include("accounts.urls")),
    path("admin/", admin.site.urls),
    path("", include("indexnow.urls")),
    path("", include("analytics.urls")),
    path("", include("search.urls")),
    path("comments/", include("comments.urls")),
    path("feedback/", include("feedback.urls")),
    path("contact/", include("contact.urls")),
    path("ads/", include("ads.urls")),
    path("", include("affiliates.urls")),
    path("newsletter/", include("newsletter.urls")),
    path("", include("evidence.urls")),
    path("", include("exercises.urls")),
    path("", include("blog.urls")),
    path("", include("pages.urls")),
    re_path(rf"^(?P<path>{SLUG_PATTERN}(?:/{SLUG_PATTERN})*)/$", views.document, name="document"),
]
handler400 = "ptcomplete.views.bad_request"
handler404 = "ptcomplete.views.not_found"
handler500 = "ptcomplete.views.server_error"
