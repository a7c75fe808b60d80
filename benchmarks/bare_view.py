"""A Django project with one view and no middleware, as a yardstick for the server and for Django itself."""

import secrets

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY=secrets.token_urlsafe())


def show(request: HttpRequest) -> HttpResponse:
    """Return a constant response."""
    return HttpResponse("Hello")


urlpatterns = [path("", show)]
application = get_wsgi_application()
