"""Public archive of campaigns: a list, and a copy of each without personal links."""

from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from newsletter.models import Campaign
from newsletter.models.campaigns import LARGE_FIELDS
from newsletter.rendering.messages import digest_posts, render_texts
from pagecache.responses import allow_parameters
from plaintext.numbers import parse_page_number
from richtext.analysis import plain_text
from richtext.embeds import RenderTarget
from richtext.problems import render_one
from siteinfo.seo import Breadcrumb, PageMeta, truncate
from siteinfo.urls import absolute_url

CAMPAIGNS_PER_PAGE = 30
_PLACE = "the newsletter archive"


@require_safe
def archive(request: HttpRequest) -> HttpResponse:
    """List the campaigns in the archive, newest first."""
    campaigns = Campaign.objects.in_archive().order_by("-started_at", "-pk").defer(*LARGE_FIELDS)
    paginator = Paginator(campaigns, CAMPAIGNS_PER_PAGE)
    number = parse_page_number(request.GET.get("page", "1"))
    if number is None or number not in paginator.page_range:
        raise Http404
    page = paginator.page(number)
    response = render(request, "newsletter/archive.html", {"page": page, "meta": _archive_meta(page)})
    return allow_parameters(response, "page")


@require_safe
def archive_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a campaign, rendered for the website, where content is allowed that emails must not contain."""
    campaigns = Campaign.objects.in_archive().select_related(
        "post__author", "post__featured_image", "post__primary_category"
    )
    campaign = get_object_or_404(campaigns, slug=slug)
    texts = render_one(campaign, _PLACE, lambda: render_texts(campaign, RenderTarget.PAGE), None)
    opening, body = texts or ("", "")
    context = {
        "campaign": campaign,
        "opening": opening,
        "body": body,
        "is_unreadable": texts is None,
        "posts": digest_posts(campaign),
        "meta": _campaign_meta(campaign),
    }
    return render(request, "newsletter/archive_detail.html", context)


def _archive_meta(page: Page) -> PageMeta:
    return PageMeta(
        title="Newsletter archive",
        description="All emails sent to subscribers, newest first.",
        path=reverse("newsletter:archive"),
        schema_type="CollectionPage",
        page_number=page.number,
        ancestors=(Breadcrumb("Home", reverse("home")), Breadcrumb("Newsletter", reverse("newsletter:subscribe"))),
        is_indexed=bool(page.object_list),
    )


def _campaign_meta(campaign: Campaign) -> PageMeta:
    """Point search engines to the post the campaign is about. Other campaigns are not indexed."""
    post = campaign.post if campaign.kind == Campaign.Kind.POST else None
    text = render_one(campaign, _PLACE, lambda: plain_text(campaign.body), "")
    return PageMeta(
        title=campaign.subject,
        description=campaign.preheader or truncate(text) or campaign.subject,
        path=campaign.archive_path,
        ancestors=(
            Breadcrumb("Home", reverse("home")),
            Breadcrumb("Newsletter", reverse("newsletter:subscribe")),
            Breadcrumb("Archive", reverse("newsletter:archive")),
        ),
        canonical_url=absolute_url(post.get_absolute_url()) if post else "",
        is_indexed=bool(post),
    )
