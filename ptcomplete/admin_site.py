"""The admin site, served under its own content security policy."""

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

# The apps that authors use most come first; the others follow in Django's order.
FIRST_APPS = ("blog", "pages", "layout", "images", "siteinfo", "accounts")

with_admin_csp = csp_override(settings.ADMIN_CSP)


class PTCompleteAdminSite(AdminSite):
    """The admin. Every page, including sign-in, is sent with ADMIN_CSP."""

    site_header = "PT Complete admin"
    site_title = "PT Complete admin"
    index_title = "All content and settings"
    enable_nav_sidebar = False

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Add the search of the editor's link dialog."""
        return [path("links/", self.admin_view(link_chooser.search), name="links"), *super().get_urls()]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Show the dashboard."""
        context = dashboard.build_context(request.user) if isinstance(request.user, User) else {}
        return super().index(request, {**context, **(extra_context or {})})

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Return FIRST_APPS before the others, with the models of each app in the order they are registered."""
        apps = super().get_app_list(request, app_label)
        registered = list(self._registry)
        for app in apps:
            app["models"].sort(key=lambda entry: registered.index(entry["model"]))
        rank = {label: index for index, label in enumerate(FIRST_APPS)}
        return sorted(apps, key=lambda app: rank.get(app["app_label"], len(rank)))

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Send the view's response with ADMIN_CSP."""
        return with_admin_csp(super().admin_view(view, cacheable))

    @method_decorator(with_admin_csp)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Send the sign-in page with ADMIN_CSP."""
        return super().login(request, extra_context)
