"""Checks before a campaign is sent. A finding with Level.ERROR blocks scheduling; all others are advice."""

from collections.abc import Iterator
from typing import NamedTuple

from django.conf import settings
from lxml import html

from affiliates.shop_urls import host_of, is_amazon
from blog.internal_links import broken_reasons
from images.models import Image
from newsletter.campaigns.progress import estimate_duration, format_duration
from newsletter.delivery import deliverability
from newsletter.models import Campaign, NewsletterSettings
from newsletter.rendering.messages import RenderedEmail, RenderingError, render_campaign
from newsletter.rendering.personal_links import placeholder_url
from newsletter.tokens import TokenPurpose
from operations.findings import Finding, Level
from operations.models import WorkerProcess
from plaintext.numbers import parse_pk
from richtext.analysis import analyze, plain_text
from richtext.links import site_path
from richtext.sanitizer import parse
from siteinfo.urls import admin_url

# Characters that phones show of a subject, and mail clients of a preheader.
SUBJECT_LENGTH = 60
PREHEADER_LENGTH = 110
# Gmail clips emails at 102 kB, and with them the unsubscribe link at the end.
MAX_HTML_BYTES = 100_000
_MAX_EXAMPLES = 3


class Preflight(NamedTuple):
    """All findings, most severe first, and the number of subscribers the campaign would go to now."""

    findings: list[Finding]
    audience_size: int

    @property
    def stops(self) -> list[Finding]:
        """The findings that block scheduling."""
        return [finding for finding in self.findings if finding.level == Level.ERROR]

    @property
    def warnings(self) -> list[Finding]:
        """The findings to review before sending."""
        return [finding for finding in self.findings if finding.level == Level.WARNING]


def run_preflight(campaign: Campaign) -> Preflight:
    """Check `campaign` in its current form, saved or not. The number of queries is constant."""
    newsletter_settings = NewsletterSettings.load()
    audience_size = campaign.audience().count()
    try:
        email = render_campaign(campaign, newsletter_settings)
    except RenderingError as error:
        return Preflight([_unreadable(error)], audience_size)
    findings = [
        *_check_sender(newsletter_settings),
        *_check_email(campaign, email),
        *_check_audience(campaign, audience_size, newsletter_settings),
        *_check_other_campaigns(campaign),
        _check_worker(),
    ]
    severity = list(Level)
    return Preflight(sorted(findings, key=lambda finding: severity.index(finding.level)), audience_size)


def check_email(campaign: Campaign) -> list[Finding]:
    """Return what must be fixed in the text of `campaign`, regardless of its audience and time."""
    try:
        email = render_campaign(campaign, NewsletterSettings.load())
    except RenderingError as error:
        return [_unreadable(error)]
    return [finding for finding in _check_email(campaign, email) if finding.level == Level.ERROR]


def _unreadable(error: RenderingError) -> Finding:
    advice = "Simplify the text, or write the part that causes it again."
    return Finding(Level.ERROR, f"The text cannot be rendered ({error}).", advice, "#id_body")


def _check_email(campaign: Campaign, email: RenderedEmail) -> Iterator[Finding]:
    yield from _check_content(campaign)
    yield from _check_links(campaign, email)
    yield from _check_images(campaign)
    yield from _check_size(email)
    yield from _check_unsubscribe_link(campaign, email)


def _check_sender(newsletter_settings: NewsletterSettings) -> Iterator[Finding]:
    settings_url = admin_url(NewsletterSettings)
    problems = deliverability.settings_problems(newsletter_settings)
    for problem in problems:
        yield Finding(Level.ERROR, problem, "Change this in the newsletter settings.", settings_url)
    if not problems:
        yield Finding(Level.OK, "The mail server, your postal address and the sender's domain are set up.")
    if newsletter_settings.reply_to:
        yield Finding(Level.OK, f"Replies go to {newsletter_settings.reply_to}.")
    else:
        from_email = newsletter_settings.from_email or settings.DEFAULT_FROM_EMAIL
        advice = "If nobody reads emails to that address, set a reply-to address."
        yield Finding(Level.WARNING, f"Replies go to {from_email}.", advice, settings_url)


def _check_content(campaign: Campaign) -> Iterator[Finding]:
    length = len(campaign.subject.strip())
    if not length:
        yield Finding(Level.ERROR, "The subject is empty.", "Say in a few words what it is about.", "#id_subject")
    elif length > SUBJECT_LENGTH:
        advice = f"Phones show about {SUBJECT_LENGTH}."
        yield Finding(Level.WARNING, f"The subject has {length} characters.", advice, "#id_subject")
    else:
        yield Finding(Level.OK, f"The subject is short enough ({length} characters).")
    if campaign.preheader.strip():
        yield Finding(Level.OK, "The preheader is set.")
    else:
        advice = "Mail clients will show the beginning of the text after the subject."
        yield Finding(Level.WARNING, "The preheader is empty.", advice, "#id_preheader")
    if campaign.kind in (Campaign.Kind.MANUAL, Campaign.Kind.SEQUENCE):
        if not plain_text(campaign.body).strip() and not analyze(campaign.body).embeds:
            yield Finding(Level.ERROR, "The text is empty.", "Write something first.", "#id_body")
    elif Campaign.objects.hidden().filter(pk=campaign.pk).exists():
        advice = "Publish it first. Otherwise the campaign is cancelled when it is due."
        yield Finding(Level.ERROR, "The content it is about is not public.", advice, "#id_post")


def _check_links(campaign: Campaign, email: RenderedEmail) -> Iterator[Finding]:
    hrefs = [element.get("href") or "" for element in html.document_fromstring(email.html).iter("a")]
    personal = {placeholder_url(campaign, purpose) for purpose in (TokenPurpose.UNSUBSCRIBE, TokenPurpose.PREFERENCES)}
    hrefs = [href for href in dict.fromkeys(hrefs) if href not in personal]
    amazon = [href for href in hrefs if is_amazon(host_of(href))]
    if amazon:
        advice = "Amazon doesn't allow affiliate links in emails. Link to a post that contains them instead."
        yield Finding(Level.ERROR, f"It links to Amazon: {_examples(amazon)}.", advice, "#id_body")
    # The link itself is not shown, because anyone who sees it could use it.
    if any(purpose.verify(part) for href in hrefs for part in href.split("/") for purpose in TokenPurpose):
        advice = "It was copied from an email and would let anyone change that person's subscription. Remove it."
        yield Finding(Level.ERROR, "It contains the personal link of a subscriber.", advice, "#id_body")
    incomplete = [href for href in hrefs if not href.startswith(("http://", "https://", "mailto:", "tel:"))]
    if incomplete:
        advice = "Links in emails must start with https://."
        yield Finding(Level.ERROR, f"A link is not a complete URL: {_examples(incomplete)}.", advice, "#id_body")
    broken = broken_reasons({path for href in hrefs if (path := site_path(href)) is not None})
    for path, reason in sorted(broken.items())[:_MAX_EXAMPLES]:
        advice = "You can't change an email after it is sent."
        yield Finding(Level.WARNING, f"The link to /{path} is broken: {reason}", advice)
    if not (amazon or incomplete or broken):
        plural = "" if len(hrefs) == 1 else "s"
        yield Finding(Level.OK, f"{len(hrefs)} link{plural}, none broken." if hrefs else "It contains no links.")


def _check_images(campaign: Campaign) -> Iterator[Finding]:
    elements = list(parse(campaign.body or "<p></p>").iter("img"))
    pks = {parse_pk(element.get("data-image")) or 0 for element in elements if element.get("alt") is None}
    without_alt = [image for image in Image.objects.filter(pk__in=pks) if image.needs_alt] if pks else []
    if without_alt:
        titles = ", ".join(f"“{image.title}”" for image in without_alt[:_MAX_EXAMPLES])
        advice = "Many mail clients block images and show the alt text instead."
        yield Finding(Level.WARNING, f"Images without alt text: {titles}.", advice, admin_url(without_alt[0]))
    elif elements:
        yield Finding(Level.OK, "All images have alt text.")


def _check_size(email: RenderedEmail) -> Iterator[Finding]:
    size = len(email.html.encode())
    if size >= MAX_HTML_BYTES:
        advice = "Gmail cuts off the end, which contains the unsubscribe link. Shorten the text or link to the rest."
        yield Finding(Level.ERROR, f"The email is too large ({size // 1000} kB).", advice, "#id_body")
    else:
        yield Finding(Level.OK, f"The email is small enough ({max(1, size // 1000)} kB).")


def _check_unsubscribe_link(campaign: Campaign, email: RenderedEmail) -> Iterator[Finding]:
    url = placeholder_url(campaign, TokenPurpose.UNSUBSCRIBE)
    versions = [name for name, body in (("HTML", email.html), ("plain text", email.text)) if url not in body]
    for name in versions:
        advice = "Every marketing email must contain an unsubscribe link, and this template has none."
        yield Finding(Level.ERROR, f"The {name} version has no unsubscribe link.", advice)
    if not versions:
        yield Finding(Level.OK, "Subscribers can unsubscribe with one click, in the HTML and in the plain text.")


def _check_audience(
    campaign: Campaign, audience_size: int, newsletter_settings: NewsletterSettings
) -> Iterator[Finding]:
    if not audience_size:
        advice = "Nobody is subscribed to this topic." if campaign.topic else "There are no active subscribers yet."
        yield Finding(Level.ERROR, "Nobody would receive it.", advice, "#id_topic")
        return
    limits = newsletter_settings.rate_limits()
    if 0 in limits.values():
        advice = "Remove the limit, or enter your email provider's limit."
        yield Finding(Level.ERROR, "A limit of 0 emails blocks sending.", advice, admin_url(NewsletterSettings))
        return
    people = "1 subscriber" if audience_size == 1 else f"{audience_size:,} subscribers"
    duration = estimate_duration(audience_size, newsletter_settings)
    if duration is None:
        yield Finding(Level.OK, f"It goes to {people}, as fast as your mail server accepts emails.")
        return
    level = Level.WARNING if duration.days else Level.OK
    rates = ", ".join(f"{limit:,} per {period}" for period, limit in limits.items())
    yield Finding(level, f"It goes to {people}. At {rates} that takes {format_duration(duration)}.")


def _check_other_campaigns(campaign: Campaign) -> Iterator[Finding]:
    """Warn if subscribers get the same post twice."""
    if campaign.post is None:
        return
    inactive = (Campaign.Status.DRAFT, Campaign.Status.CANCELLED)
    others = Campaign.objects.filter(post=campaign.post).exclude(pk=campaign.pk).exclude(status__in=inactive)
    if other := others.only("subject", "status").first():
        message = f"Another campaign about this post is “{other.get_status_display().lower()}”: {other}."
        yield Finding(Level.WARNING, message, "Subscribers may get the post twice.", admin_url(other, "progress"))


def _check_worker() -> Finding:
    if WorkerProcess.living().exists():
        return Finding(Level.OK, "The worker, which sends campaigns, is running.")
    advice = "Scheduled campaigns wait until the worker runs. Start it with “manage.py worker”."
    return Finding(Level.WARNING, "The worker, which sends campaigns, is not running.", advice)


def _examples(urls: list[str]) -> str:
    more = len(urls) - _MAX_EXAMPLES
    return ", ".join(urls[:_MAX_EXAMPLES]) + (f" and {more} more" if more > 0 else "")
