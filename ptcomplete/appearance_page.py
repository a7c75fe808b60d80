"""The Appearance page of the admin: how public pages look, with a preview of what is not saved yet.

The preview is the real page, rendered for a visitor with the values of the form in place of the stored ones. Nothing is
stored for it, neither in the database nor in a cache.
"""

from copy import copy
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.template.response import TemplateResponse
from django.urls import resolve, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from blog.models import Post
from images.models import SiteImages
from ptcomplete.appearance_forms import AppearanceForms, may_change_appearance
from siteinfo.colors import MIN_CONTRAST
from siteinfo.local_time import local_time_of
from siteinfo.models import COLOR_FIELDS, Appearance, SiteInfo


@require_http_methods(["GET", "HEAD", "POST"])
def appearance_page(request: HttpRequest, admin_site: Any) -> HttpResponse:
    """Show the form, or save it."""
    forms = AppearanceForms(_allowed_user(request), request.POST if request.method == "POST" else None)
    if request.method == "POST" and forms.is_valid():
        forms.save()
        messages.success(request, "Saved. Visitors see it now.")
        return HttpResponseRedirect(reverse("admin:appearance"))
    context = {
        **admin_site.each_context(request),
        "title": "Appearance",
        "groups": list(forms.groups()),
        "media": forms.media,
        "errors": forms.errors if request.method == "POST" else {},
        "has_post": Post.objects.published().exists(),
    }
    return TemplateResponse(request, "admin/appearance.html", context)


@require_safe
def moved(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Redirect the URL of a row of the page. The list of where an image is used links to it."""
    _allowed_user(request)
    return HttpResponseRedirect(reverse("admin:appearance"))


@never_cache
@require_POST
def preview(request: HttpRequest) -> JsonResponse:
    """Return a page as it would look, and the contrast of the colors; or what is wrong with the form."""
    forms = AppearanceForms(_allowed_user(request), request.POST)
    if not forms.is_valid():
        return JsonResponse({"problems": {name: errors[0] for name, errors in forms.errors.items()}})
    path = reverse("home")
    if request.POST.get("preview_page") == "post" and (post := Post.objects.published().first()):
        path = post.get_absolute_url()
    look = forms.row(Appearance)
    return JsonResponse(
        {
            "problems": {},
            "contrasts": {name: _describe(*each) for name, each in look.contrasts().items()} if look else {},
            "html": _render(request, path, forms),
        }
    )


@never_cache
@require_safe
def preview_stylesheet(request: HttpRequest) -> HttpResponse:
    """Return the style sheet with the colors and fonts in the query, which are not saved."""
    _allowed_user(request)
    look = Appearance(**{name: request.GET.get(name, "") for name in (*COLOR_FIELDS, "fonts")})
    try:
        look.full_clean()
    except ValidationError as error:
        return HttpResponse("\n".join(error.messages), status=400, content_type="text/plain; charset=utf-8")
    return HttpResponse(look.stylesheet(), content_type="text/css; charset=utf-8")


def _allowed_user(request: HttpRequest) -> User:
    user = request.user
    if not isinstance(user, User) or not may_change_appearance(user):
        raise PermissionDenied
    return user


def _describe(light: float, dark: float) -> str:
    return f"Contrast: {light:.1f} in light mode, {dark:.1f} in dark mode. {MIN_CONTRAST} is the least."


def _render(request: HttpRequest, path: str, forms: AppearanceForms) -> str:
    """Return the HTML of the public page at `path` with the values of the forms."""
    match = resolve(path)
    page: Any = copy(request)
    page.method, page.path, page.path_info, page.resolver_match = "GET", path, path, match
    page.GET = page.POST = QueryDict()
    page.user = AnonymousUser()
    page.has_unsaved_look = True
    site = page.site_info = forms.row(SiteInfo) or SiteInfo.load()
    page.site_images = forms.row(SiteImages) or SiteImages.load()
    look = page.appearance = forms.row(Appearance) or Appearance.load()
    query = {name: getattr(look, name) for name in (*COLOR_FIELDS, "fonts")}
    page.appearance_url = reverse("admin:appearance_styles", query=query)
    with local_time_of(site):
        response = match.func(page, *match.args, **match.kwargs)
    return str(response.text)
