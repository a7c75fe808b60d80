"""The start page of the writing desk: what to do next, and what is on the way. A fixed number of queries."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import User
from affiliates.models import Link
from blog import checklist
from blog.models import Post, PostTemplate
from contact.email_delivery import delivery_problem
from contact.models import Message
from feedback.models import Suggestion
from images.models import Image
from instagram.models import FollowSettings
from newsletter import overview as newsletter
from newsletter.forms import joins_rest
from newsletter.models import Campaign, Delivery
from pages.models import Page
from publishing.document_paths import document_models
from publishing.models import Autosave, Document, PendingEdit

SHOWN = 5
POSTS = "admin:blog_post_changelist"


class Task(NamedTuple):
    """Something worth doing: what, why, where, and the word of the link."""

    title: str
    reason: str
    address: str
    verb: str
    icon: str
    tone: str = ""


class Panel(NamedTuple):
    """The first posts of a kind, how many there are, and where all of them are."""

    title: str
    posts: list[Post]
    total: int
    address: str
    empty: str


def overview(user: User) -> dict[str, Any]:
    """What the start page shows to `user`."""
    now = timezone.localtime()
    counts = _counts()
    drafts, scheduled, published = (
        _newest(Post.objects.drafts().order_by("-modified_at", "-pk")),
        _newest(Post.objects.scheduled().order_by("published_at", "pk")),
        _newest(Post.objects.published().newest_first()),
    )
    return {
        "greeting": f"Good {_part_of_day(now.hour)}, {user.get_short_name()}",
        "next_post": scheduled[0] if scheduled else None,
        "tasks": list(_tasks(user, counts)),
        "newsletter": newsletter.overview() if user.has_perm("newsletter.view_campaign") else None,
        "post_templates": PostTemplate.objects.defer("body"),
        "panels": [
            Panel(
                "Drafts", drafts, counts["drafts"], _posts(status="draft"), "No drafts. A good moment for a new one."
            ),
            Panel("Scheduled", scheduled, counts["scheduled"], _posts(status="scheduled"), "Nothing is scheduled."),
            Panel("Recently published", published, counts["public"], _posts(status="published"), "Nothing yet."),
        ],
    }


def _part_of_day(hour: int) -> str:
    return "morning" if 4 <= hour < 12 else "afternoon" if hour < 18 and hour >= 12 else "evening"


def _posts(**choices: str) -> str:
    return reverse(POSTS, query=choices)


def _form_of(document: Document) -> str:
    opts = document._meta
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[document.pk])


def _newest(posts: QuerySet[Post]) -> list[Post]:
    return list(posts.defer("body", "headings")[:SHOWN])


def _counts() -> dict[str, int]:
    """How many posts there are of each kind that the page speaks of. One query, and one for the rules."""
    public = Q(status=Post.Status.PUBLISHED, published_at__lte=timezone.now())
    kinds = {
        "drafts": Q(status=Post.Status.DRAFT),
        "public": public,
        "scheduled": Q(status=Post.Status.PUBLISHED) & ~public,
        "blocked": public & checklist.blocked(),
        "no_category": public & Q(primary_category__isnull=True),
        "no_excerpt": public & Q(excerpt=""),
    }
    return Post.objects.not_trashed().aggregate(**{name: Count("pk", filter=kind) for name, kind in kinds.items()})


def _tasks(user: User, counts: dict[str, int]) -> Iterator[Task]:
    """What to do, the most urgent first."""
    if number := counts["blocked"]:
        reason = "By your own publishing rules they should not be public as they are."
        address = _posts(status="published", missing="blocked")
        yield Task(f"{_posts_in_words(number)} to mend", reason, address, "Look", "warning", "red")
    yield from _campaign_tasks(user)
    yield from _link_tasks(user)
    yield from _what_readers_sent(user)
    yield from _what_is_begun(user)
    yield from _pages_to_finish(user)
    ready = Post.objects.drafts().exclude(excerpt="").filter(word_count__gte=checklist.FEWEST_WORDS)
    for post in _newest(
        ready.filter(primary_category__isnull=False, featured_image__isnull=False).order_by("-modified_at")
    ):
        reason = "It has a text, an excerpt, a category and a picture."
        yield Task(f"“{post}” looks ready", reason, _form_of(post), "Publish", "check")
    yield from _what_is_missing(user, counts)


def _what_readers_sent(user: User) -> Iterator[Task]:
    """Messages and suggestions that wait for somebody."""
    if number := user.has_perm("contact.change_message") and Message.objects.unhandled().count():
        title = "1 message waits for you" if number == 1 else f"{number} messages wait for you"
        reason = "Sent with the contact form. You can answer on the desk."
        address = reverse("admin:contact_message_changelist", query={"state__exact": "new"})
        yield Task(title, reason, address, "Read", "mail", "butter")
    if number := user.has_perm("feedback.change_suggestion") and Suggestion.objects.waiting().count():
        title = "1 suggestion by a reader waits" if number == 1 else f"{number} suggestions by readers wait"
        reason = "A correction, or something that was missing. Your decision takes it off this list."
        address = reverse("admin:feedback_suggestion_changelist", query={"show": "waiting"})
        yield Task(title, reason, address, "Decide", "note", "butter")
    if user.has_perm("newsletter.view_subscriber") and joins_rest():
        reason = "More addresses were typed in this hour than you allow, by a robot most likely. They got no mail."
        address = reverse("admin:newsletter_subscriber_changelist")
        yield Task("Sign-ups rest until the next hour", reason, address, "Look", "warning", "red")
    yield from _follow_tasks(user)


def _what_is_begun(user: User) -> Iterator[Task]:
    """What was typed and not saved, what was saved and not published."""
    kinds = {
        kind.pk: model
        for model, kind in ContentType.objects.get_for_models(*document_models()).items()
        if user.has_perm(f"{kind.app_label}.change_{kind.model}")
    }
    copies = list(Autosave.objects.filter(user=user, content_type__in=kinds).defer("data")[:SHOWN])
    edits = list(PendingEdit.objects.filter(content_type__in=kinds).order_by("-updated_at").defer("data")[:SHOWN])
    found: dict[tuple[int, int], Document] = {}
    for kind, model in kinds.items():
        keys = {each.object_id for each in (*copies, *edits) if each.content_type_id == kind}
        rows: Any = model._default_manager
        found |= {(kind, key): row for key, row in rows.not_trashed().defer("body", "headings").in_bulk(keys).items()}
    for place in dict.fromkeys((copy.content_type_id, copy.object_id) for copy in copies):
        if document := found.get(place):
            reason = "What you typed is kept, but not saved yet."
            yield Task(f"Go on with “{document}”", reason, _form_of(document), "Go on", "pen", "butter")
    for edit in edits:
        if document := found.get((edit.content_type_id, edit.object_id)):
            when = _moment(edit.publish_at) if edit.publish_at else ""
            reason = f"They go live on {when}." if when else "Readers do not see them until you publish them."
            yield Task(f"Private changes to “{document}”", reason, _form_of(document), "Check", "clock", "butter")


def _what_is_missing(user: User, counts: dict[str, int]) -> Iterator[Task]:
    """Settings, words and topics that the site would be better with."""
    if user.has_perm("contact.change_message") and (trouble := delivery_problem()):
        yield Task("Mail needs a look", trouble, reverse("admin:contact_message_changelist"), "Look", "mail")
    if number := Image.objects.without_words().count():
        reason = "Say what they show, for those who cannot see them."
        title = "1 picture without alternative text" if number == 1 else f"{number} pictures without alternative text"
        address = reverse("admin:images_image_changelist", query={"show": "wordless"})
        yield Task(title, reason, address, "Describe", "note")
    if number := counts["no_category"]:
        reason = "Readers do not find them under a topic."
        address = _posts(status="published", missing="category")
        yield Task(f"{_posts_in_words(number)} without a category", reason, address, "Sort", "link")
    if number := counts["no_excerpt"]:
        reason = "Lists and search engines show their first words instead."
        address = _posts(status="published", missing="excerpt")
        yield Task(f"{_posts_in_words(number)} without an excerpt", reason, address, "Write", "pen")


def _campaign_tasks(user: User) -> Iterator[Task]:
    """Campaigns that wait for a decision."""
    if not user.has_perm("newsletter.send_campaign"):
        return
    for campaign in Campaign.objects.filter(status=Campaign.Status.PAUSED).only("subject", "pause_reason")[:SHOWN]:
        reason = campaign.pause_reason or "Nothing of it goes out until you go on."
        address = reverse("admin:newsletter_campaign_progress", args=[campaign.pk])
        yield Task(f"The campaign “{campaign}” has stopped", reason, address, "Look", "warning", "red")
    uncertain = Delivery.objects.filter(status=Delivery.Status.UNCERTAIN, campaign__status=Campaign.Status.SENDING)
    if row := uncertain.select_related("campaign").only("campaign__subject").first():
        reason = "A worker was stopped at that very moment. Decide whether it is sent again."
        address = reverse("admin:newsletter_campaign_progress", args=[row.campaign_id])
        yield Task(
            f"A mail of “{row.campaign}” may or may not have gone out", reason, address, "Decide", "mail", "butter"
        )


def _link_tasks(user: User) -> Iterator[Task]:
    """Paid links that lead nowhere any more."""
    if not user.has_perm("affiliates.change_link"):
        return
    if number := Link.objects.live().filter(health=Link.Health.BROKEN).count():
        title = "1 paid link leads nowhere" if number == 1 else f"{number} paid links lead nowhere"
        reason = "Give a new address, or retire it into another one: every text changes with it."
        address = reverse("admin:affiliates_link_changelist", query={"show": "broken"})
        yield Task(title, reason, address, "Repair", "link", "red")


def _follow_tasks(user: User) -> Iterator[Task]:
    follow = FollowSettings.objects.first() if user.has_perm("instagram.change_followsettings") else None
    if follow and follow.trouble:
        address = reverse("admin:instagram_followsettings_changelist")
        yield Task("No new pictures from Instagram", follow.trouble, address, "Look", "instagram", "butter")


def _posts_in_words(number: int) -> str:
    return "1 public post" if number == 1 else f"{number} public posts"


def _moment(when: Any) -> str:
    return date_format(timezone.localtime(when), "l, F j, H:i")


def _pages_to_finish(user: User) -> Iterator[Task]:
    """The pages of a new site that are still drafts."""
    waiting = list(Page.objects.drafts().filter(role__isnull=False).in_order().without_text())
    if waiting and user.has_perm("pages.change_page"):
        title = "1 page to finish" if len(waiting) == 1 else f"{len(waiting)} pages to finish"
        reason = f"Fill in the marked places, then publish: {', '.join(page.title for page in waiting)}."
        address = reverse("admin:pages_page_changelist", query={"status": "draft"})
        yield Task(title, reason, address, "Finish", "pen")
