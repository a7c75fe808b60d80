"""Where a click on an advertisement passes, and where its being seen is counted. No cookie, nothing about readers."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from ads.models import LARGEST_KEY, Ad, AdCount
from public_forms.counting import is_a_reader

# A stored address of 1,000 signs, each of which may become nine.
LONGEST_ADDRESS = 9_000


@require_safe
@never_cache
def go(request: HttpRequest, key: int) -> HttpResponse:
    """On to the advertiser: to the stored address and no other. Readers' clicks count, also on a page kept by a cache.

    Robots, people of the desk, prefetches and clicks from elsewhere are led on as well, uncounted.
    """
    ad = get_object_or_404(Ad.objects.only("link"), pk=min(key, LARGEST_KEY))
    if request.method == "GET" and is_a_reader(request):
        AdCount.objects.add(ad.pk, "clicks")
    return HttpResponseRedirect(ad.link, headers={"X-Robots-Tag": "noindex, nofollow"}, max_length=LONGEST_ADDRESS)


@require_POST
@csrf_exempt  # it takes nothing but the number in its address, and counts only what our own pages send
def seen(request: HttpRequest, key: int) -> HttpResponse:
    """Count that an advertisement was in sight: what static/site/js/seen.js sends. Always answers 204, nothing else."""
    if key <= LARGEST_KEY and is_a_reader(request) and Ad.objects.running().filter(pk=key).exists():
        AdCount.objects.add(key, "views")
    return HttpResponse(status=204)
