"""The view for beacons where no WSGI server runs `analytics.wsgi` before Django, as in tests."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from analytics.beacons import receive


@csrf_exempt  # only counts requests from pages on this site
def count_page(request: HttpRequest) -> HttpResponse:
    """Store a beacon."""
    return HttpResponse(status=receive(request.META))
