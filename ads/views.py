"""Count clicks and impressions of ads, without cookies and without storing anything about visitors."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from ads.models import MAX_PK, Ad, AdCount
from analytics.visitors import is_human_on_site
from public_forms.client_counts import counts_today

# A stored URL of 1,000 characters, each of which may be percent-encoded as nine.
MAX_URL_LENGTH = 9_000
# What counts for one ad, network and day.
MAX_CLICKS_COUNTED, MAX_IMPRESSIONS_COUNTED = 5, 100


@require_safe
@never_cache
def click(request: HttpRequest, pk: int) -> HttpResponse:
    """Redirect to the advertiser's stored URL and count the click of a visitor.

    Bots, staff, prefetches and clicks from other sites are redirected without being counted.
    """
    ad = get_object_or_404(Ad.objects.only("url"), pk=min(pk, MAX_PK))
    is_visit = request.method == "GET" and is_human_on_site(request)
    if is_visit and counts_today(request, f"ad click {ad.pk}", limit=MAX_CLICKS_COUNTED):
        AdCount.objects.increment("clicks", ad_id=ad.pk)
    return HttpResponseRedirect(ad.url, headers={"X-Robots-Tag": "noindex, nofollow"}, max_length=MAX_URL_LENGTH)


@require_POST
@csrf_exempt  # it accepts only the primary key in its URL, and counts only requests from our own pages
def impression(request: HttpRequest, pk: int) -> HttpResponse:
    """Count that an ad was visible, as reported by static/site/js/ad-impressions.js. Always returns 204."""
    if (
        pk <= MAX_PK
        and is_human_on_site(request)
        and counts_today(request, f"ad impression {pk}", limit=MAX_IMPRESSIONS_COUNTED)
        and Ad.objects.running().filter(pk=pk).exists()
    ):
        AdCount.objects.increment("impressions", ad_id=pk)
    return HttpResponse(status=204)
