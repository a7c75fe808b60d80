"""What is looked at before a campaign goes out. A "stop" keeps it from being scheduled; everything else is advice."""

from collections.abc import Iterator
from typing import NamedTuple

from django.conf import settings
from django.db.models import TextChoices
from django.utils import timezone
from django.utils.timesince import timesince
from lxml import html

from affiliates.shop_urls import host_of, is_amazon
from blog.internal_links import broken_reasons, site_path
from images.models import Image
from newsletter.campaigns.progress import in_words, time_needed
from newsletter.delivery import deliverability
from newsletter.delivery.mime import link
from newsletter.models import Campaign, NewsletterSettings
from newsletter.models.newsletter_settings import WORKER_TIMEOUT
from newsletter.rendering.messages import RenderedEmail, render_campaign
from newsletter.subscribers.tokens import TokenPurpose
from richtext.analysis import analyze, plain_text
from richtext.sanitizer import parse
from siteinfo.urls import admin_url

# What phones show of a subject; what is shown of the words after it.
SUBJECT_LENGTH = 60
PREHEADER_LENGTH = 110
# Gmail cuts a mail at 102 kB, and with it the end, where people find how to leave.
MOST_BYTES = 100_000
_SHOWN = 3


class Level(TextChoices):
    """What a finding does."""

    STOP = "stop", "Stops it"
    WARN = "warn", "Look again"
    OK = "ok", "Fine"


class Finding(NamedTuple):
    """One thing that was looked at: how it is, and what to do where that is not fine."""

    level: Level
    words: str
    advice: str = ""
    address: str = ""


class Preflight(NamedTuple):
    """All findings, what stops it first, and how many people would get it now."""

    findings: list[Finding]
    audience: int

    @property
    def stops(self) -> list[Finding]:
        """What keeps it from being scheduled."""
        return [finding for finding in self.findings if finding.level == Level.STOP]

    @property
    def warnings(self) -> list[Finding]:
        """What should be looked at again."""
        return [finding for finding in self.findings if finding.level == Level.WARN]


def look_at(campaign: Campaign) -> Preflight:
    """Everything about `campaign` as it is now, saved or not. A fixed number of queries."""
    profile = NewsletterSettings.load()
    mail = render_campaign(campaign, profile)
    audience = campaign.audience().count()
    found = [
        *_sender(profile),
        *_words(campaign),
        *_links(campaign, mail),
        *_pictures(campaign),
        *_mail(campaign, mail),
        *_people(campaign, audience, profile),
        *_others(campaign),
        _worker(profile),
    ]
    order = list(Level)
    return Preflight(sorted(found, key=lambda finding: order.index(finding.level)), audience)


def _sender(profile: NewsletterSettings) -> Iterator[Finding]:
    address = admin_url(NewsletterSettings)
    lacks = deliverability.lacks(profile)
    for lack in lacks:
        yield Finding(Level.STOP, lack, "Set it under Sender.", address)
    if not lacks:
        yield Finding(Level.OK, "The mail server, your postal address and the sender's domain are set.")
    if profile.reply_to:
        yield Finding(Level.OK, f"Answers go to {profile.reply_to}.")
    else:
        sender = profile.from_email or settings.DEFAULT_FROM_EMAIL
        yield Finding(Level.WARN, f"Answers go to {sender}.", "If nobody reads that, name another address.", address)


def _words(campaign: Campaign) -> Iterator[Finding]:
    subject = campaign.subject.strip()
    if not subject:
        yield Finding(Level.STOP, "It has no subject.", "Say in a few words what it is about.", "#id_subject")
    elif len(subject) > SUBJECT_LENGTH:
        words = f"The subject has {len(subject)} characters."
        yield Finding(Level.WARN, words, f"Phones show about {SUBJECT_LENGTH}.", "#id_subject")
    else:
        yield Finding(Level.OK, f"The subject is short enough: {len(subject)} characters.")
    if campaign.preheader.strip():
        yield Finding(Level.OK, "It has words to stand after the subject.")
    else:
        advice = "Without it mail programs show the first words of the text."
        yield Finding(Level.WARN, "It has no preheader.", advice, "#id_preheader")
    if campaign.kind == Campaign.Kind.MANUAL:
        if not plain_text(campaign.body).strip() and not analyze(campaign.body).embeds:
            yield Finding(Level.STOP, "It has no text.", "Write something first.", "#id_body")
    elif Campaign.objects.of_hidden().filter(pk=campaign.pk).exists():
        advice = "Publish it first: sent now, this would be cancelled."
        yield Finding(Level.STOP, "What it is about is not public.", advice, "#id_post")


def _links(campaign: Campaign, mail: RenderedEmail) -> Iterator[Finding]:
    hrefs = [element.get("href") or "" for element in html.document_fromstring(mail.html).iter("a")]
    own = {link(campaign, purpose) for purpose in (TokenPurpose.UNSUBSCRIBE, TokenPurpose.PREFERENCES)}
    hrefs = [href for href in dict.fromkeys(hrefs) if href not in own]
    shops = [href for href in hrefs if is_amazon(host_of(href))]
    if shops:
        advice = "Amazon forbids its paid links in mails. Link to the post that has them instead."
        yield Finding(Level.STOP, f"It links to Amazon: {_some(shops)}.", advice, "#id_body")
    # Not shown: whoever reads this could use it.
    if any(purpose.verify(part) for href in hrefs for part in href.split("/") for purpose in TokenPurpose):
        advice = "It came along from a letter to them, and would let everybody change what they get. Take it out."
        yield Finding(Level.STOP, "A link is one reader's own.", advice, "#id_body")
    partial = [href for href in hrefs if not href.startswith(("http://", "https://", "mailto:", "tel:"))]
    if partial:
        advice = "In a mail only whole addresses lead anywhere."
        yield Finding(Level.STOP, f"A link has no whole address: {_some(partial)}.", advice, "#id_body")
    dead = broken_reasons({place for href in hrefs if (place := site_path(href)) is not None})
    for place, reason in sorted(dead.items())[:_SHOWN]:
        yield Finding(Level.WARN, f"The link to /{place} leads nowhere: {reason}", "Readers cannot be called back.")
    if not (shops or partial or dead):
        number = len(hrefs)
        words = "It has no links." if not number else f"{number} link{'' if number == 1 else 's'}, none of them broken."
        yield Finding(Level.OK, words)


def _pictures(campaign: Campaign) -> Iterator[Finding]:
    images = list(parse(campaign.body or "<p></p>").iter("img"))
    silent = {int(image.get("data-image") or 0) for image in images if image.get("alt") is None}
    lacking = [image for image in Image.objects.filter(pk__in=silent) if image.lacks_words] if silent else []
    if lacking:
        names = ", ".join(f"“{image.title}”" for image in lacking[:_SHOWN])
        advice = "Many mail programs show pictures only when asked, and the words in their place."
        address = admin_url(lacking[0])
        yield Finding(Level.WARN, f"Without alternative text: {names}.", advice, address)
    elif images:
        yield Finding(Level.OK, "Every picture has its words.")


def _mail(campaign: Campaign, mail: RenderedEmail) -> Iterator[Finding]:
    size = len(mail.html.encode())
    if size >= MOST_BYTES:
        advice = "Gmail cuts it before the end, where the link to leave stands. Shorten it, or link to the rest."
        yield Finding(Level.STOP, f"The mail has {size // 1000} kB.", advice, "#id_body")
    else:
        yield Finding(Level.OK, f"The mail has {max(1, size // 1000)} kB, which no mail program cuts.")
    address = link(campaign, TokenPurpose.UNSUBSCRIBE)
    parts = [name for name, text in (("HTML", mail.html), ("plain text", mail.text)) if address not in text]
    if parts:
        advice = "The law wants it in every mail; the template of the mail has lost it."
        yield Finding(Level.STOP, f"No link to unsubscribe in the {' and the '.join(parts)}.", advice)
    else:
        yield Finding(Level.OK, "Everybody can leave with one click, in the HTML and in the plain text.")


def _people(campaign: Campaign, audience: int, profile: NewsletterSettings) -> Iterator[Finding]:
    if not audience:
        advice = "Nobody who confirmed wants this topic." if campaign.topic else "Nobody is on the list yet."
        yield Finding(Level.STOP, "Nobody would get it.", advice, "#id_topic")
        return
    if 0 in profile.rate_limits().values():
        advice = "Empty the limit, or set what your provider takes."
        address = admin_url(NewsletterSettings)
        yield Finding(Level.STOP, "A limit of 0 mails lets nothing out.", advice, address)
        return
    people = "1 person" if audience == 1 else f"{audience:,} people"
    needed = time_needed(audience, profile)
    if needed is None:
        yield Finding(Level.OK, f"It goes to {people}, as fast as your mail server takes it.")
        return
    level = Level.WARN if needed.days else Level.OK
    limits = ", ".join(f"{limit:,} per {period}" for period, limit in profile.rate_limits().items())
    yield Finding(level, f"It goes to {people}. At {limits} that takes {in_words(needed)}.")


def _others(campaign: Campaign) -> Iterator[Finding]:
    """Whether readers get the same post twice."""
    if campaign.post is None:
        return
    others = Campaign.objects.filter(post=campaign.post).exclude(pk=campaign.pk)
    idle = (Campaign.Status.DRAFT, Campaign.Status.CANCELLED)
    if other := others.exclude(status__in=idle).only("subject", "status").first():
        words = f"Another mail about this post is “{other.get_status_display().lower()}”: {other}."
        address = admin_url(other, "progress")
        yield Finding(Level.WARN, words, "Who gets both reads of it twice.", address)


def _worker(profile: NewsletterSettings) -> Finding:
    seen = profile.worker_seen_at
    advice = "What you schedule waits until it runs: start “manage.py worker”."
    if seen is None:
        return Finding(Level.WARN, "The worker, which sends, has not been seen yet.", advice)
    if timezone.now() - seen > WORKER_TIMEOUT:
        return Finding(Level.WARN, f"The worker, which sends, was last seen {timesince(seen)} ago.", advice)
    return Finding(Level.OK, "The worker, which sends, is there.")


def _some(addresses: list[str]) -> str:
    more = len(addresses) - _SHOWN
    return ", ".join(addresses[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
