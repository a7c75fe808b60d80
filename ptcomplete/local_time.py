"""Use the time zone and the date format of the site in each request."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from ptcomplete.maintenance import OPEN_VIEWS
from siteinfo.context_processors import get_site
from siteinfo.local_time import local_time_of, recent_site, use_local_time_of
from siteinfo.models import SiteInfo

# Their responses contain no dates, and some of them are asked for often, or while there is no database.
VIEWS_WITHOUT_DATES = {*OPEN_VIEWS, "appearance", "file_download", "admin:jsi18n"}
# They only need to know which day it is, and must cost few queries.
COUNTING_VIEWS = {"affiliates:go", "affiliates:count_click", "ads:click", "ads:impression"}


class LocalTimeMiddleware:
    """Keep the local time that a request uses from the next request of the thread."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Start and end with the default time zone."""
        with local_time_of(SiteInfo()):
            return self.get_response(request)


class SiteLocalTimeMiddleware:
    """Use the site's local time when the view is known, so that files, cached pages and refusals cost no query."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Change nothing before the view is known."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        """Use the local time of the site from here on."""
        name = request.resolver_match.view_name if request.resolver_match else ""
        if name not in VIEWS_WITHOUT_DATES:
            use_local_time_of(recent_site() if name in COUNTING_VIEWS else get_site(request))
