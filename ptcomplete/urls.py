"""All addresses. The rooms' own come last, since a post's address is one word at the root."""

from django.contrib import admin
from django.urls import include, path, re_path

from ptcomplete import views
from siteinfo.policies import POLICIES

urlpatterns = [
    path("", views.home, name="home"),
    path("healthz", views.healthz, name="healthz"),
    path("favicon.ico", views.favicon, name="favicon"),
    path("robots.txt", views.robots, name="robots"),
    path("sitemap.xml", views.sitemap_index, name="sitemap_index"),
    path("sitemap-<section>.xml", views.sitemap_section, name="sitemap_section"),
    re_path(r"^media/(?P<path>.+)$", views.media, name="media"),
    path("admin/", admin.site.urls),
    *[path(f"{policy.slug}/", views.policy, {"policy": policy}, name=f"policy-{policy.slug}") for policy in POLICIES],
    path("", include("blog.urls")),
]
handler404 = "ptcomplete.views.not_found"
