"""The admin's start page: tasks by urgency, and the latest drafts, scheduled and published posts.

The number of queries is constant.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from affiliates.models import Link
from analytics import admin_views as analytics
from blog import checklist
from blog.models import Post, PostQuerySet, PostTemplate
from comments.models import Comment
from contact.email_delivery import delivery_problem
from contact.models import Message
from evidence.models import Source
from feedback.models import Suggestion
from images.models import Image
from images.rendition_formats import FAILED
from instagram.models import InstagramSettings
from newsletter import overview as newsletter
from newsletter.forms import is_signup_paused
from newsletter.models import Campaign, Delivery, Subscriber
from newsletter.models import Sequence as EmailSequence
from operations.findings import Level
from pagecache.per_version import once_per_version
from pages.models import Page
from ptcomplete.dashboard_tasks import Task, counted, due_review_tasks
from ptcomplete.first_steps import first_steps
from ptcomplete.health.runner import dashboard_problems
from publishing.document_paths import document_models
from publishing.models import Autosave, Document, PendingEdit, Submission
from richtext.problems import RenderingProblem
from richtext.references import Reference
from search.models import IndexEntry
from siteinfo.local_time import format_appointment
from siteinfo.urls import admin_url
from siteinfo.where_used import where_used

MAX_ROWS = 5


class Panel(NamedTuple):
    """The first posts of a list, with a link to the rest."""

    title: str
    posts: list[Post]
    total: int
    url: str
    empty_text: str


def build_context(request: HttpRequest, user: User) -> dict[str, Any]:
    """Return the template context of the dashboard for `user`, who sent `request`."""
    posts = Post.objects.readable_by(user)
    counts = _count_posts(request, posts)
    drafts = _first(posts.drafts().order_by("-modified_at", "-pk"))
    scheduled = _first(posts.scheduled().order_by("published_at", "pk"))
    published = _first(posts.published().newest_first())
    draft_url, scheduled_url, published_url = (
        _post_list_url(status=status) for status in ("draft", "scheduled", "published")
    )
    panels = [
        Panel("Drafts", drafts, counts["drafts"], draft_url, "No drafts."),
        Panel("Scheduled", scheduled, counts["scheduled"], scheduled_url, "No scheduled posts."),
        Panel("Recently published", published, counts["published"], published_url, "No published posts yet."),
    ]
    return {
        "greeting": f"Good {_part_of_day(timezone.localtime().hour)}, {user.get_short_name()}",
        "next_post": scheduled[0] if scheduled else None,
        "first_steps": first_steps() if user.is_superuser else [],
        "tasks": list(_tasks(user, counts)),
        "analytics": analytics.summary(user),
        "newsletter": newsletter.overview() if user.has_perm("newsletter.view_campaign") else None,
        "can_add_post": user.has_perm("blog.add_post"),
        "post_templates": PostTemplate.objects.defer("body"),
        "panels": panels if any(user.has_perm(f"blog.{action}_post") for action in ("add", "view", "change")) else [],
    }


def _part_of_day(hour: int) -> str:
    if 4 <= hour < 12:
        return "morning"
    return "afternoon" if 12 <= hour < 18 else "evening"


def _post_list_url(**filters: str) -> str:
    return admin_url(Post, query=filters)


def _first(posts: QuerySet[Post]) -> list[Post]:
    return list(posts.defer("body", "headings")[:MAX_ROWS])


def _count_posts(request: HttpRequest, posts: PostQuerySet) -> dict[str, int]:
    """Count the posts of each kind that the dashboard mentions. Each of the first counts reads an index only."""
    published = posts.published().order_by()
    blocked = checklist.blocked_posts()
    counts = {
        "drafts": posts.drafts().count(),
        "published": published.count(),
        "scheduled": posts.scheduled().count(),
        "no_category": published.filter(primary_category__isnull=True).count(),
    }
    # These read all posts, so they are counted once after each change of what visitors see.
    key = ("incomplete posts", request.user.pk, str(blocked))
    return counts | once_per_version(
        request,
        key,
        lambda: published.aggregate(blocked=Count("pk", filter=blocked), no_excerpt=Count("pk", filter=Q(excerpt=""))),
    )


def _tasks(user: User, counts: dict[str, int]) -> Iterator[Task]:
    """Yield the tasks, most urgent first."""
    yield from _health_tasks(user)
    if count := counts["blocked"]:
        reason = "Your publishing rules do not allow them to be published as they are."
        url = _post_list_url(status="published", missing="blocked")
        yield Task(f"{counted(count, 'published post')} to fix", reason, url, "Show", "warning", "red")
    yield from _campaign_tasks(user)
    yield from _broken_link_tasks(user)
    yield from _reference_tasks(user)
    yield from _inbox_tasks(user)
    yield from _instagram_tasks(user)
    yield from _submission_tasks(user)
    yield from due_review_tasks(user)
    yield from _failed_image_tasks(user)
    yield from _unsearchable_tasks(user)
    yield from _unrenderable_tasks(user)
    yield from _unpublished_change_tasks(user)
    yield from _page_tasks(user)
    yield from _ready_draft_tasks(user)
    yield from _missing_content_tasks(user, counts)


def _campaign_tasks(user: User) -> Iterator[Task]:
    """Yield campaigns that are waiting for a decision."""
    if not user.has_perm("newsletter.send_campaign"):
        return
    automatic = Campaign.objects.filter(status=Campaign.Status.SCHEDULED).exclude(kind=Campaign.Kind.MANUAL)
    for campaign in automatic.select_related("topic").defer("body").order_by("scheduled_at", "pk")[:MAX_ROWS]:
        title = f"The email “{campaign}” goes out on {format_appointment(campaign.scheduled_at or timezone.now())}"
        reason = f"To everyone who gets “{campaign.topic}” at once. Nothing has been sent yet."
        yield Task(
            title, reason, admin_url(campaign, "progress"), "Show", "mail", "butter", admin_url(campaign, "action")
        )
    stopped = EmailSequence.objects.filter(status=EmailSequence.Status.PAUSED).exclude(pause_reason="")
    for sequence in stopped[:MAX_ROWS]:
        title = f"The sequence “{sequence}” is paused"
        yield Task(title, sequence.pause_reason, admin_url(sequence), "Show", "warning", "red")
    paused = Campaign.objects.filter(status=Campaign.Status.PAUSED).exclude(kind=Campaign.Kind.SEQUENCE)
    for campaign in paused.only("subject", "pause_reason")[:MAX_ROWS]:
        reason = campaign.pause_reason or "No more emails are sent until you resume it."
        url = admin_url(campaign, "progress")
        yield Task(f"The campaign “{campaign}” is paused", reason, url, "Show", "warning", "red")
    not_sent = Campaign.objects.filter(status=Campaign.Status.DRAFT).exclude(pause_reason="")
    for campaign in not_sent.only("subject", "pause_reason")[:MAX_ROWS]:
        title = f"The campaign “{campaign}” was not sent"
        yield Task(title, campaign.pause_reason, admin_url(campaign), "Open", "warning", "red")
    uncertain = Delivery.objects.filter(status=Delivery.Status.UNCERTAIN, campaign__status=Campaign.Status.SENDING)
    if delivery := uncertain.select_related("campaign").only("campaign__subject").first():
        title = f"An email from “{delivery.campaign}” may or may not have been sent"
        reason = "The worker was interrupted while sending it. Decide whether to send it again."
        yield Task(title, reason, admin_url(delivery.campaign, "progress"), "Decide", "mail", "butter")


def _health_tasks(user: User) -> Iterator[Task]:
    """Yield one line about what keeps the site from working. Its page has the details."""
    if not user.is_superuser or not (problems := dashboard_problems()):
        return
    first, *others = problems
    has_error = first.finding.level == Level.ERROR
    title = first.finding.message if not others else f"Site health: {len(problems)} problems"
    reason = first.finding.advice if not others else " ".join(problem.finding.message for problem in problems[:2])
    yield Task(title, reason, reverse("admin:site_health"), "Show", "warning", "red" if has_error else "butter")


def _broken_link_tasks(user: User) -> Iterator[Task]:
    if not user.has_perm("affiliates.change_link"):
        return
    if count := Link.objects.broken().count():
        title = counted(count, "broken affiliate link")
        reason = "Enter a new URL or replace the link with another one. All posts are updated."
        yield Task(title, reason, admin_url(Link, query={"show": "broken"}), "Fix", "link", "red")


def _reference_tasks(user: User) -> Iterator[Task]:
    """Yield cited works that were retracted or whose DOI has no page, with the texts that cite them."""
    if not user.has_perm("evidence.view_source"):
        return
    problems = list(Source.objects.with_problem()[: 10 * MAX_ROWS])
    if not problems:
        return
    citing = Reference.objects.to_model(Source).filter(target_id__in=[source.pk for source in problems]).from_content()
    texts = [used for used in where_used(citing, user) if used.is_readable]
    if texts:
        names = ", ".join(f"“{used.name}”" for used in texts[:3])
        more = f" and {len(texts) - 3} more" if len(texts) > 3 else ""
        title = f"{counted(len(problems), 'cited work was', 'cited works were')} retracted, or the DOI has no page"
        url = admin_url(Source, query={"show": "problems"})
        yield Task(title, f"Look at {names}{more}.", url, "Show", "warning", "red")


def _inbox_tasks(user: User) -> Iterator[Task]:
    """Yield what visitors have sent and nobody has handled yet."""
    if user.has_perm("contact.change_message") and (count := Message.objects.unhandled().count()):
        title = counted(count, "unanswered message")
        reason = "Sent through the contact form. You can reply here."
        yield Task(title, reason, admin_url(Message, query={"state__exact": "new"}), "Read", "mail", "butter")
    if user.has_perm("comments.change_comment") and (count := Comment.objects.pending().count()):
        title = f"{counted(count, 'comment')} waiting for approval"
        yield Task(title, "Nobody sees them until you approve them.", admin_url(Comment), "Moderate", "note", "butter")
    if user.has_perm("feedback.change_suggestion") and (count := Suggestion.objects.undecided().count()):
        title = counted(count, "suggestion from readers", "suggestions from readers")
        reason = "Readers suggested a correction or an addition. Accept or decline it to clear this task."
        yield Task(title, reason, admin_url(Suggestion, query={"show": "open"}), "Review", "note", "butter")
    if user.has_perm("newsletter.view_subscriber") and is_signup_paused():
        title = "Newsletter sign-ups are paused until the next hour"
        reason = "More people signed up this hour than your limit allows, most likely a bot. They got no email."
        yield Task(title, reason, admin_url(Subscriber), "Show", "warning", "red")


def _instagram_tasks(user: User) -> Iterator[Task]:
    if not user.has_perm("instagram.change_instagramsettings"):
        return
    instagram = InstagramSettings.load()
    if instagram.problem:
        title = "No new images from Instagram"
        yield Task(title, instagram.problem, admin_url(InstagramSettings), "Show", "instagram", "butter")


def _submission_tasks(user: User) -> Iterator[Task]:
    """Yield the drafts that are waiting for the user's review."""
    models = _document_models(user, "publish", "review")
    rows = Submission.objects.filter(content_type__in=models).select_related("user").order_by("submitted_at", "pk")
    submissions = list(rows[:MAX_ROWS])
    documents = _documents_of(user, models, submissions)
    for submission in submissions:
        document = documents.get((submission.content_type_id, submission.object_id))
        if document and document.status == Document.Status.DRAFT:
            name = submission.user.get_short_name() if submission.user else "Someone"
            reason = f"{name} submitted it on {format_appointment(submission.submitted_at)}."
            url = admin_url(document, "review")
            yield Task(f"“{document}” is waiting for review", reason, url, "Review", "note", "butter")


def _document_models(user: User, *actions: str) -> dict[int, type[Model]]:
    """Return the models of documents on which the user may do any of `actions`, by content type."""
    return {
        content_type.pk: model
        for model, content_type in ContentType.objects.get_for_models(*document_models()).items()
        if any(user.has_perm(f"{content_type.app_label}.{action}_{content_type.model}") for action in actions)
    }


def _failed_image_tasks(user: User) -> Iterator[Task]:
    """Yield images whose file could not be processed."""
    if not user.has_perm("images.change_image"):
        return
    for image in Image.objects.filter(formats_hash=FAILED)[:MAX_ROWS]:
        reason = "Visitors load the original file, which is slower. Upload the image again."
        yield Task(f"The sizes of “{image}” could not be created", reason, admin_url(image), "Open", "warning", "red")


def _unsearchable_tasks(user: User) -> Iterator[Task]:
    """Yield documents whose text could not be added to the search index."""
    if not user.is_superuser:
        return
    for entry in IndexEntry.objects.exclude(problem="").select_related("content_type")[:MAX_ROWS]:
        content_type = entry.content_type
        url = reverse(f"admin:{content_type.app_label}_{content_type.model}_change", args=[entry.object_id])
        title = f"Search cannot find “{entry.title}”"
        reason = f"Its text cannot be read ({entry.problem}). Simplify the text and save it again."
        yield Task(title, reason, url, "Open", "warning", "red")


def _unrenderable_tasks(user: User) -> Iterator[Task]:
    """Yield the texts that were left out of feeds and other places, because they raised an error."""
    if not user.is_superuser:
        return
    problems = RenderingProblem.objects.recent().order_by("-failed_at").prefetch_related("row")[:MAX_ROWS]
    for problem in problems:
        if problem.row is not None and not problem.is_solved:
            title = f"The text of “{problem.row}” is missing from {problem.place}"
            reason = f"It cannot be rendered ({problem.error}). Simplify the text and save it again."
            yield Task(title, reason, admin_url(problem.row), "Open", "warning", "red")


def _unpublished_change_tasks(user: User) -> Iterator[Task]:
    """Yield documents with text that was typed but not saved, or saved but not published."""
    models = _document_models(user, "change")
    writable = _document_models(user, "add", "change")
    autosaves = list(Autosave.objects.filter(user=user, content_type__in=writable).defer("data")[:MAX_ROWS])
    edits = PendingEdit.objects.filter(content_type__in=models).order_by("-updated_at").defer("data")
    pending_edits = list(edits[:MAX_ROWS])
    documents = _documents_of(user, writable, [*autosaves, *pending_edits])
    for key in dict.fromkeys((autosave.content_type_id, autosave.object_id) for autosave in autosaves):
        if document := documents.get(key):
            reason = "Your changes were autosaved, but you have not saved them yet."
            yield Task(f"Unsaved changes in “{document}”", reason, admin_url(document), "Continue", "pen", "butter")
    for edit in pending_edits:
        if document := documents.get((edit.content_type_id, edit.object_id)):
            reason = "Visitors do not see them until you publish them."
            if edit.problem:
                title = f"Changes to “{document}” could not be published"
                reason = "Open them, check the fields, and save or publish them again. The log has the details."
                yield Task(title, reason, admin_url(document), "Open", "warning", "red")
                continue
            if edit.publish_at:
                reason = f"They will be published on {format_appointment(edit.publish_at)}."
            title = f"Pending changes to “{document}”"
            yield Task(title, reason, admin_url(document), "Review", "clock", "butter")


def _documents_of(
    user: User, models: Mapping[int, type[Model]], rows: Sequence[Autosave | PendingEdit | Submission]
) -> dict[tuple[int, int], Document]:
    """Return the untrashed documents of `rows` that `user` may open, by content type and primary key."""
    documents: dict[tuple[int, int], Document] = {}
    for content_type, model in models.items():
        pks = {row.object_id for row in rows if row.content_type_id == content_type}
        manager: Any = model._default_manager
        found = manager.readable_by(user).not_trashed().defer("body", "headings").in_bulk(pks)
        documents |= {(content_type, pk): document for pk, document in found.items()}
    return documents


def _page_tasks(user: User) -> Iterator[Task]:
    """Yield the starter pages that are still drafts."""
    if not user.has_perm("pages.change_page"):
        return
    drafts = list(Page.objects.drafts().filter(role__isnull=False).in_order().without_text())
    if drafts:
        titles = ", ".join(page.title for page in drafts)
        reason = f"Fill in the placeholders, then publish: {titles}."
        url = admin_url(Page, query={"status": "draft"})
        yield Task(f"{counted(len(drafts), 'page')} to finish", reason, url, "Finish", "pen")


def _ready_draft_tasks(user: User) -> Iterator[Task]:
    """Yield the drafts that look complete."""
    if not user.has_perm("blog.publish_post"):
        return
    long_enough = (
        Post.objects.readable_by(user).drafts().filter(word_count__gte=checklist.MIN_WORDS).exclude(excerpt="")
    )
    complete = long_enough.filter(primary_category__isnull=False, featured_image__isnull=False)
    for post in _first(complete.order_by("-modified_at")):
        reason = "It has text, an excerpt, a category and an image."
        yield Task(f"“{post}” looks ready to publish", reason, admin_url(post), "Publish", "check")


def _missing_content_tasks(user: User, counts: dict[str, int]) -> Iterator[Task]:
    """Yield settings, texts and categories that would improve the site."""
    # Owners see it among the other problems of the site.
    if not user.is_superuser and user.has_perm("contact.change_message") and (problem := delivery_problem()):
        yield Task("Email delivery has a problem", problem, admin_url(Message), "Show", "mail")
    if user.has_perm("images.change_image") and (count := Image.objects.without_alt().count()):
        title = f"{counted(count, 'image')} without alt text"
        reason = "Describe what they show for people who cannot see them."
        yield Task(title, reason, admin_url(Image, query={"show": "no-alt"}), "Describe", "note")
    if count := counts["no_category"]:
        title = f"{counted(count, 'published post')} without a category"
        reason = "Readers cannot find them by category."
        url = _post_list_url(status="published", missing="category")
        yield Task(title, reason, url, "Categorize", "link")
    if count := counts["no_excerpt"]:
        title = f"{counted(count, 'published post')} without an excerpt"
        reason = "Lists and search results show the beginning of the text instead."
        yield Task(title, reason, _post_list_url(status="published", missing="excerpt"), "Write", "pen")
