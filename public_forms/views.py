"""What a page with a public form needs around its view."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

# Many times what the fields of any of our forms may hold.
MOST_BYTES = 200_000


def public_form[**P](
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """A view that shows a form to anybody (GET) and takes it (POST).

    Kept by no cache, since its token ages, nor by search engines, unless the view says otherwise. Django's CSRF
    check, which would set a cookie, is replaced by `guard.origin`: the view must ask it, or use a GuardedForm.
    """

    @csrf_exempt
    @never_cache
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > MOST_BYTES:
            response = render(request, "public_forms/too_large.html", status=413)
        else:
            response = view(request, *args, **kwargs)
        response.headers.setdefault("X-Robots-Tag", "noindex")
        return response

    return guarded
