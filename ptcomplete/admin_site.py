"""The admin site, served under its own content security policy."""

from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.admin.views.main import ERROR_FLAG
from django.contrib.contenttypes.models import ContentType
from django.contrib.contenttypes.views import shortcut
from django.core.exceptions import PermissionDenied
from django.db import DataError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_safe

from accounts import pages
from accounts import personal_data_views as privacy
from accounts.models import User
from analytics import admin_views as analytics
from ptcomplete import admin_navigation, dashboard, edit_bar, link_chooser
from ptcomplete import appearance_page as appearance
from ptcomplete.admin_apps import build_apps
from ptcomplete.admin_audit import audited
from ptcomplete.admin_search import search_admin
from ptcomplete.appearance_forms import may_change_appearance
from ptcomplete.health.runner import run_checks

# The apps that authors use most come first; the others follow in Django's order.
FIRST_APPS = ("blog", "pages", "layout", "images", "siteinfo", "accounts")
# Pages without a model, by the app that lists them: name and URL name.
OWNER_PAGES = {
    "accounts": (("Personal data", "personal_data"),),
    "siteinfo": (("Site health", "site_health"),),
}

# accounts.urls has the only page to change a password.
_REPLACED_URLS = {"password_change", "password_change_done"}

with_admin_csp = csp_override(settings.ADMIN_CSP)


class PTCompleteAdminSite(AdminSite):
    """The admin. Every page, including sign-in, is sent with ADMIN_CSP."""

    site_header = "PT Complete admin"
    site_title = "PT Complete admin"
    index_title = "All content and settings"
    # Not index.html, which Django's pages of single apps extend too.
    index_template = "admin/dashboard.html"
    enable_nav_sidebar = False

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Add the search of the editor's link dialog, and check the permission of “View on site”."""
        urls = [url for url in super().get_urls() if getattr(url, "name", "") not in _REPLACED_URLS]
        view_on_site = self.admin_view(self.view_on_site, cacheable=True)
        return [
            path("personal-data/", self.admin_view(privacy.personal_data), name="personal_data"),
            path("personal-data/export/", self.admin_view(privacy.export_personal_data), name="export_personal_data"),
            path("personal-data/erase/", self.admin_view(privacy.erase_personal_data), name="erase_personal_data"),
            *self._analytics_urls(),
            *self._appearance_urls(),
            path("links/", self.admin_view(link_chooser.search), name="links"),
            path("edit-bar/", self.admin_view(edit_bar.edit_bar), {"admin_site": self}, name="edit_bar"),
            path("search/", self.admin_view(self.search), name="search"),
            path("health/", self.admin_view(self.site_health), name="site_health"),
            # Before Django's view of the same name, which asks for no permission.
            path("r/<int:content_type_id>/<path:object_id>/", view_on_site, name="view_on_site"),
            *urls,
        ]

    def _analytics_urls(self) -> list[URLPattern]:
        """Return the URLs of the reports."""
        pages = {
            "analytics/": (analytics.report, "analytics"),
            "analytics/search-console/": (analytics.search_console, "analytics_search_console"),
            "analytics/weekly-email/": (analytics.weekly_email, "analytics_weekly_email"),
            "analytics/<slug:name>/": (analytics.report, "analytics_report"),
            "analytics/<slug:kind>/<int:pk>/": (analytics.document, "analytics_document"),
        }
        site = {"admin_site": self}
        return [path(route, self.admin_view(view), site, name=name) for route, (view, name) in pages.items()]

    def _appearance_urls(self) -> list[URLPattern]:
        """Return the URLs of the Appearance page, and those of its rows, which lead to it."""
        moved = self.admin_view(appearance.moved)
        return [
            path("appearance/", self.admin_view(appearance.appearance_page), {"admin_site": self}, name="appearance"),
            path("appearance/preview/", self.admin_view(appearance.preview), name="appearance_preview"),
            path("appearance/styles/", self.admin_view(appearance.preview_stylesheet), name="appearance_styles"),
            path("siteinfo/appearance/", moved, name="siteinfo_appearance_changelist"),
            path("siteinfo/appearance/<int:pk>/change/", moved, name="siteinfo_appearance_change"),
            path("images/siteimages/", moved, name="images_siteimages_changelist"),
            path("images/siteimages/<int:pk>/change/", moved, name="images_siteimages_change"),
        ]

    @method_decorator(require_safe)
    def site_health(self, request: HttpRequest) -> TemplateResponse:
        """Show all health checks to owners."""
        if not request.user.is_superuser:
            raise PermissionDenied
        results = run_checks()
        context = {
            **self.each_context(request),
            "title": "Site health",
            "problems": [result for result in results if result.is_problem],
            "fine": [result for result in results if not result.is_problem],
            "checked_at": timezone.localtime(),
        }
        return TemplateResponse(request, "admin/site_health.html", context)

    @method_decorator(require_safe)
    def search(self, request: HttpRequest) -> HttpResponse:
        """Show what the words in `q` find, or return it as JSON for the dialog with `?format=json`."""
        words = request.GET.get("q", "")
        results = search_admin(self, request, words)
        if request.GET.get("format") == "json":
            return JsonResponse({"results": [result._asdict() for result in results]})
        context = {**self.each_context(request), "title": "Search the admin", "words": words, "results": results}
        return TemplateResponse(request, "admin/search.html", context)

    def view_on_site(self, request: HttpRequest, content_type_id: int, object_id: str) -> HttpResponse:
        """Redirect to the public page of a row that the user may open. Its path contains the title."""
        content_type = ContentType.objects.filter(pk=content_type_id).first()
        model = content_type.model_class() if content_type else None
        model_admin = self._registry.get(model) if model else None
        row = model_admin.get_object(request, object_id) if model_admin else None
        if model_admin is None or row is None or not model_admin.has_view_permission(request, row):
            raise PermissionDenied
        return shortcut(request, content_type_id, object_id)

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Add the sections of the rail."""
        context = super().each_context(request)
        sections = admin_navigation.build_sections(context["available_apps"], request.path)
        return {**context, "sections": sections if context["has_permission"] else []}

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Show the dashboard."""
        context = dashboard.build_context(request, request.user) if isinstance(request.user, User) else {}
        return super().index(request, {**context, **(extra_context or {})})

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Return FIRST_APPS before the others, with the models of each app in the order they are registered."""
        apps = build_apps(self, request, app_label)
        for app in apps if request.user.is_superuser else ():
            app["models"] += [
                _page_entry(name, reverse(f"admin:{url_name}"))
                for name, url_name in OWNER_PAGES.get(app["app_label"], ())
            ]
        if app_label is None and isinstance(request.user, User):
            apps += [*_appearance_entry(request.user), *_analytics_entry(request.user)]
        rank = {label: index for index, label in enumerate(FIRST_APPS)}
        return sorted(apps, key=lambda app: rank.get(app["app_label"], len(rank)))

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Send the view's response with ADMIN_CSP, and record what it did."""
        return with_admin_csp(super().admin_view(audited(self, _with_edit_bar(_reject_out_of_range(view))), cacheable))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show the one page to sign in, which accounts.urls has at the same path."""
        return pages.sign_in(request)

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Sign out, as the view of accounts.urls at the same path."""
        return pages.sign_out(request)


def _page_entry(name: str, url: str) -> dict[str, Any]:
    """Return the entry of a page without a model in the list of models."""
    return {"name": name, "object_name": name, "admin_url": url, "add_url": None, "view_only": True}


def _appearance_entry(user: User) -> list[dict[str, Any]]:
    """Return the entry of the Appearance page in the list of apps, or none if the user may not open it."""
    url = reverse("admin:appearance")
    pages = [_page_entry("Appearance", url)]
    app = {"name": "Appearance", "app_label": "appearance", "app_url": url, "has_module_perms": True, "models": pages}
    return [app] if may_change_appearance(user) else []


def _analytics_entry(user: User) -> list[dict[str, Any]]:
    """Return the entry of the reports in the list of apps, or none if the user may not see them."""
    pages = [_page_entry(name, url) for name, url in analytics.pages_of(user)]
    url = reverse("admin:analytics")
    app = {"name": "Analytics", "app_label": "analytics", "app_url": url, "has_module_perms": True, "models": pages}
    return [app] if pages else []


def _with_edit_bar(view: Any) -> Any:
    """Let public pages in this browser ask for the bar with links to edit them."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        response = view(request, *args, **kwargs)
        edit_bar.set_cookie(request, response)
        return response

    return wrapper


def _reject_out_of_range(view: Any) -> Any:
    """Handle dates and numbers that no database can hold like Django handles other invalid filters."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return view(request, *args, **kwargs)
        except (OverflowError, DataError):
            if request.method != "GET" or not request.GET or ERROR_FLAG in request.GET:
                raise
            return HttpResponseRedirect(f"{request.path}?{ERROR_FLAG}=1")

    return wrapper
