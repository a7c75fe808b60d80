"""The URL of a file of the library that visitors download: it counts them, and redirects to the file."""

import logging

from django.db import DatabaseError
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from analytics.visitors import is_human
from images.models import MediaFile
from pagecache.invalidation import CacheScope, invalidate_only
from plaintext.numbers import parse_pk
from public_forms.client_counts import counts_today

log = logging.getLogger(__name__)

# The downloads of a file that count for one network and day.
MAX_DOWNLOADS_COUNTED = 10


@require_safe
@never_cache
def download(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Count a download by a person, and redirect to the file. `name` is for people, and may be an earlier one."""
    file = get_object_or_404(MediaFile, pk=parse_pk(str(pk)) or 0)
    what = f"download {pk}"
    if request.method == "GET" and is_human(request) and counts_today(request, what, limit=MAX_DOWNLOADS_COUNTED):
        try:
            with invalidate_only(CacheScope.NONE):
                MediaFile.objects.filter(pk=file.pk).update(download_count=F("download_count") + 1)
        except DatabaseError:
            # The visitor gets the file all the same.
            log.exception("A download was not counted")
    return redirect(file.file.url)
