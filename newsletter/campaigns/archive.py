"""The letters on the site: a list, and a copy of each that anybody can read. Nothing there is anybody's own."""

from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from newsletter.models import Campaign
from newsletter.rendering.messages import digest_posts, render_texts
from richtext.analysis import plain_text
from richtext.embeds import RenderTarget
from siteinfo.seo import Breadcrumb, PageMeta, truncate
from siteinfo.urls import absolute_url

LETTERS_PER_PAGE = 30


@require_safe
def archive(request: HttpRequest) -> HttpResponse:
    """The letters that went out, the newest first."""
    letters = Campaign.objects.in_archive().order_by("-started_at", "-pk").defer("body", "frozen_html", "frozen_text")
    paginator = Paginator(letters, LETTERS_PER_PAGE)
    number = request.GET.get("page", "1")
    # isdecimal() alone takes other scripts' digits; the length bounds what int() must read.
    if not (number.isascii() and number.isdecimal() and len(number) < 8 and int(number) in paginator.page_range):
        raise Http404
    page = paginator.page(int(number))
    return render(request, "newsletter/archive.html", {"page": page, "meta": _of_archive(page)})


@require_safe
def archive_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """The copy of a letter: made anew from its words, so that it holds what a page may hold and a mail may not."""
    letters = Campaign.objects.in_archive().select_related(
        "post__author", "post__featured_image", "post__primary_category"
    )
    letter = get_object_or_404(letters, slug=slug)
    opening, body = render_texts(letter, RenderTarget.PAGE)
    context = {
        "letter": letter,
        "opening": opening,
        "body": body,
        "posts": digest_posts(letter),
        "meta": _of_letter(letter),
    }
    return render(request, "newsletter/archive_detail.html", context)


def _of_archive(page: Page) -> PageMeta:
    return PageMeta(
        title="Letters so far",
        description="Every letter that went out to readers, newest first.",
        path=reverse("newsletter:archive"),
        schema_type="CollectionPage",
        page_number=page.number,
        ancestors=(Breadcrumb("Home", reverse("home")), Breadcrumb("Newsletter", reverse("newsletter:subscribe"))),
        is_indexed=bool(page.object_list),
    )


def _of_letter(letter: Campaign) -> PageMeta:
    """Search engines are led to the post that it is about, or asked to leave it out."""
    post = letter.post if letter.kind == Campaign.Kind.POST else None
    return PageMeta(
        title=letter.subject,
        description=letter.preheader or truncate(plain_text(letter.body)) or letter.subject,
        path=letter.copy_path,
        ancestors=(
            Breadcrumb("Home", reverse("home")),
            Breadcrumb("Newsletter", reverse("newsletter:subscribe")),
            Breadcrumb("Letters", reverse("newsletter:archive")),
        ),
        canonical_url=absolute_url(post.get_absolute_url()) if post else "",
        is_indexed=bool(post),
    )
