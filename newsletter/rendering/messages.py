"""What a campaign says, as HTML and as plain text, before it is anybody's own; and as its copy on the site says it."""

from typing import Any, NamedTuple

from django.utils.safestring import SafeString, mark_safe

from blog.models import Post
from newsletter.delivery.mime import link
from newsletter.models import Campaign, NewsletterSettings
from newsletter.rendering.email_html import cover, dressed
from newsletter.rendering.layout import Letter, written
from newsletter.subscribers.tokens import Purpose
from richtext.analysis import plain_text
from richtext.embeds import RenderTarget
from richtext.rendering import render_all
from richtext.sanitizer import parse, serialize
from siteinfo.models import SiteInfo
from siteinfo.seo import truncate
from siteinfo.urls import absolute_url

# Gmail cuts a mail off behind 102 kB, and the links at its end with it. Readers' own tokens come on top of this.
LARGEST = 98_000
_TEMPLATE = "newsletter/email/campaign/body.html"


class Rendered(NamedTuple):
    """The words of a mail."""

    subject: str
    html: str
    text: str


def render(campaign: Campaign, profile: NewsletterSettings) -> Rendered:
    """The mail of `campaign`; the links at its end hold markers for each reader's own tokens.

    One larger than mail programs show whole ends early, with a link to the rest, where the site holds it.
    """
    is_of_post = campaign.kind == Campaign.Kind.POST
    post = campaign.post if is_of_post or (campaign.post and campaign.post.is_published) else None
    about = absolute_url(post.get_absolute_url()) if post else ""
    copy = absolute_url(campaign.copy_path) if campaign.is_in_archive else ""
    # Where the same text is read in full, and where links lead that no mail may hold.
    whole = about if is_of_post else copy
    opening, body = map(dressed, texts(campaign, RenderTarget.EMAIL, whole or about))
    context = {
        "campaign": campaign,
        "sender": profile,
        "site": SiteInfo.objects.first() or SiteInfo(),
        "home": absolute_url("/"),
        "preheader": campaign.preheader or truncate(post.summary if post else plain_text(campaign.body)),
        "opening": opening,
        "body": body,
        "post": post,
        "is_of_post": is_of_post,
        "is_summary": is_of_post and profile.posts_carry == NewsletterSettings.PostContent.SUMMARY,
        "cover": cover(post.featured_image) if post else "",
        "entries": [
            {"post": each, "address": absolute_url(each.get_absolute_url()), "cover": cover(each.featured_image)}
            for each in posts_of(campaign)
        ],
        "address": about,
        "press": "Read it on the site" if is_of_post else "Read the post",
        "copy": whole,
        "unsubscribe": link(campaign, Purpose.UNSUBSCRIBE),
        "preferences": link(campaign, Purpose.PREFERENCES),
    }
    letter = written(_TEMPLATE, context)
    if whole and _is_too_large(letter):
        letter = _cut(context | {"address": whole, "press": "Read the rest on the site"})
    return Rendered(campaign.subject, letter.html, letter.text)


def posts_of(campaign: Campaign) -> list[Post]:
    """The posts that a digest leads to, the newest first: those that readers may still see. None for other kinds."""
    if campaign.kind != Campaign.Kind.DIGEST:
        return []
    return list(Post.objects.published().filter(news__digest=campaign).newest_first().for_cards())


def texts(campaign: Campaign, target: RenderTarget, address: str = "") -> list[SafeString]:
    """Two texts for `target`: what stands before a post or the list of a digest, and the post or letter itself."""
    if campaign.kind == Campaign.Kind.MANUAL:
        bodies = ["", campaign.body]
    else:
        bodies = [campaign.body, campaign.post.body if campaign.post else ""]
    return render_all(bodies, target, [address] * 2)


def _is_too_large(letter: Letter) -> bool:
    return len(letter.html.encode()) > LARGEST


def _cut(context: dict[str, Any]) -> Letter:
    """The letter with as many whole blocks of its text as fit. What must be said before a paid link comes first."""
    blocks = list(parse(context["body"]))
    least, most = 0, len(blocks)
    while least < most:
        tried = (least + most + 1) // 2
        if _is_too_large(_with_first(tried, blocks, context)):
            most = tried - 1
        else:
            least = tried
    while least and blocks[least - 1].tag in ("h2", "h3", "h4"):
        least -= 1
    return _with_first(least, blocks, context)


def _with_first(number: int, blocks: list[Any], context: dict[str, Any]) -> Letter:
    root = parse("")
    root.extend(blocks[:number])
    return written(_TEMPLATE, context | {"body": mark_safe(serialize(root))})  # noqa: S308 - blocks of safe markup
