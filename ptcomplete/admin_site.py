"""The writing desk: Django's admin under its own nonced content policy."""

from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path
from django.utils.decorators import method_decorator
from django.views.decorators.csp import csp_override

from accounts.models import User
from ptcomplete import dashboard, link_chooser

# What a writer opens most stands first; the rest follows in its own order.
FIRST_ROOMS = ("blog", "pages", "layout", "images", "siteinfo", "accounts")

with_admin_policy = csp_override(settings.ADMIN_CSP)


class Desk(AdminSite):
    """The admin site. Every page of it, the sign-in included, is sent with ADMIN_CSP."""

    site_header = "The writing desk"
    site_title = "The writing desk"
    index_title = "Everything on the desk"
    enable_nav_sidebar = False

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return [path("links/", self.admin_view(link_chooser.search), name="links"), *super().get_urls()]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        # The page is shown only to those who may see it, and so to somebody signed in.
        overview = dashboard.overview(request.user) if isinstance(request.user, User) else {}
        return super().index(request, {**overview, **(extra_context or {})})

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The rooms by use, and in each its things in the order in which it registers them."""
        rooms = super().get_app_list(request, app_label)
        order = list(self._registry)
        for room in rooms:
            room["models"].sort(key=lambda entry: order.index(entry["model"]))
        first = {label: number for number, label in enumerate(FIRST_ROOMS)}
        return sorted(rooms, key=lambda room: first.get(room["app_label"], len(first)))

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        return with_admin_policy(super().admin_view(view, cacheable))

    @method_decorator(with_admin_policy)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().login(request, extra_context)
