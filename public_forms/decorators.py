"""The decorator for views with a public form."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from public_forms.body_limits import limit_body

# Far more than the fields of any public form can hold.
MAX_BODY_BYTES = 200_000


def public_form[**P](
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Decorate a view that shows a form to anyone (GET) and accepts it (POST).

    The page is not cached, because its token expires, and not indexed unless the view sets X-Robots-Tag. Django's
    CSRF check, which would set a cookie, is off: the view must call `is_same_origin` or use a `PublicForm`.
    """

    @limit_body(MAX_BODY_BYTES)
    @csrf_exempt
    @never_cache
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def wrapper(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response.headers.setdefault("X-Robots-Tag", "noindex")
        return response

    return wrapper
