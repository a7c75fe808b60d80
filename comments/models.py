"""Comments on posts and pages, and their moderation."""

from collections import defaultdict
from datetime import timedelta
from typing import Any, Self
from urllib.parse import unquote

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from accounts.models import Author, User
from accounts.roles import Role
from blog.models import Post
from comments.bodies import html_from_text
from comments.moderation_links import ACTIONS, LINK_DAYS, moderation_path
from outbox.headers import format_mailbox, one_line
from outbox.messages import OutgoingEmail
from outbox.models import QueuedEmail, QueuedEmailQuerySet
from pagecache.invalidation import CacheScope, invalidate_only
from pages.models import Page
from richtext.analysis import plain_text
from siteinfo.models import SiteInfo
from siteinfo.singletons import Singleton
from siteinfo.urls import absolute_url, admin_url

MAX_LENGTH = 5000
# Spam teaches the filter before it is deleted.
SPAM_RETENTION = timedelta(days=180)
TRASH_RETENTION = timedelta(days=30)


class CommentSettings(Singleton):
    """Whether and how visitors may comment."""

    is_enabled = models.BooleanField(
        "comments are on",
        default=False,
        help_text="Shows comments below posts, with a form. You approve each comment before anyone sees it.",
    )
    close_after_days = models.PositiveSmallIntegerField(
        "close after days",
        default=0,
        help_text="Posts older than this accept no new comments; those they have stay. 0 never closes them. You can "
        "also close, or keep open, the comments of a single post.",
    )
    sends_email = models.BooleanField(
        "email the author",
        default=True,
        help_text="Sends an email about each new comment, except spam, to the post's author.",
    )
    max_links = models.PositiveSmallIntegerField(
        "links allowed",
        default=2,
        help_text="A comment with more links is put into spam, where you can still approve it.",
    )
    spam_words = models.TextField(
        "spam words",
        blank=True,
        help_text="One word or phrase per line. A comment that contains one of them is put into spam. Capitals and "
        "accents do not matter.",
    )

    class Meta:
        """The name in the admin."""

        verbose_name = "comment settings"
        verbose_name_plural = "comment settings"

    def __str__(self) -> str:
        return "Comment settings"


class DiscussionQuerySet(models.QuerySet["Discussion"]):
    """Find the discussion of a document."""

    def of(self, document: Post | Page) -> "Discussion":
        """Return the discussion of `document`, or an unsaved one. Never writes."""
        key = {document._meta.model_name or "": document}
        return self.filter(**key).first() or Discussion(**key)

    def get_or_create_of(self, document: Post | Page) -> "Discussion":
        """Return the saved discussion of `document`. No page shows a new one yet."""
        key: dict[str, Any] = {document._meta.model_name or "": document}
        with invalidate_only(CacheScope.NONE):
            return self.get_or_create(**key)[0]


class Discussion(models.Model):
    """The comments of one post or page. Documents without comments need none."""

    class Access(models.TextChoices):
        """Whether the document accepts new comments."""

        DEFAULT = "", "As the settings say"
        OPEN = "open", "Always open"
        CLOSED = "closed", "Closed"

    post = models.OneToOneField(Post, on_delete=models.CASCADE, null=True, related_name="discussion", editable=False)
    page = models.OneToOneField(Page, on_delete=models.CASCADE, null=True, related_name="discussion", editable=False)
    access = models.CharField(
        "new comments",
        max_length=10,
        choices=Access,
        blank=True,
        default=Access.DEFAULT,
        help_text="The settings close comments after a number of days. Pages accept comments only if they are always "
        "open. Comments that are already there stay.",
    )

    objects = DiscussionQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(post__isnull=False, page__isnull=True) | Q(post__isnull=True, page__isnull=False),
                name="comments_discussion_one_document",
            )
        ]

    def __str__(self) -> str:
        return f"Comments on {self.document}"

    @property
    def document(self) -> Post | Page:
        """The post or page."""
        document = self.post or self.page
        assert document is not None  # the constraint of the table
        return document

    @property
    def cache_path(self) -> str:
        """The path of the page that shows the comments, as in the page cache."""
        return unquote(self.document.get_absolute_url())

    def is_open(self, options: CommentSettings) -> bool:
        """Return whether the document accepts new comments now."""
        if not options.is_enabled or not self.document.is_published or self.access == self.Access.CLOSED:
            return False
        if self.access == self.Access.OPEN:
            return True
        published_at = self.post.published_at if self.post else None
        if published_at is None:
            return False
        age = timezone.now() - published_at
        return not options.close_after_days or age < timedelta(days=options.close_after_days)


class CommentQuerySet(QueuedEmailQuerySet["Comment"]):
    """Select comments by status, and moderate them."""

    def pending(self) -> Self:
        """Return the comments that wait for a decision."""
        return self.filter(status=Comment.Status.PENDING)

    def approved(self) -> Self:
        """Return the comments that visitors see, if their document is published."""
        return self.filter(status=Comment.Status.APPROVED)

    def with_document(self) -> Self:
        """Load the post or page of each comment, without its text."""
        large = (f"discussion__{name}__{field}" for name in ("post", "page") for field in ("body", "headings"))
        return self.select_related("discussion__post__author", "discussion__page").defer(*large)

    def due(self) -> Self:
        """Return the pending comments to email now."""
        return super().due().pending() if CommentSettings.load().sends_email else self.none()

    def failed(self) -> Self:
        """Return the pending comments whose last email attempt failed."""
        return super().failed().pending()

    def moderate(self, status: "Comment.Status") -> int:
        """Give the comments a status, and return how many had another one. Their pages show the change at once.

        A comment that someone else moderates at the same time stays as they decided.
        """
        moderated_at = None if status == Comment.Status.PENDING else timezone.now()
        keys: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
        for pk, discussion, current in self.order_by().values_list("pk", "discussion", "status"):
            if current != status:
                keys[discussion, current].append(pk)
        discussions = Discussion.objects.select_related("post", "page").defer("post__body", "page__body")
        found = discussions.in_bulk({discussion for discussion, _ in keys})
        count = 0
        with transaction.atomic():
            for (discussion, current), pks in sorted(keys.items()):
                rows = Comment.objects.filter(pk__in=pks, status=current)
                with invalidate_only(found[discussion].cache_path):
                    count += rows.update(status=status, moderated_at=moderated_at, held_because="")
        return count

    def delete_expired(self) -> int:
        """Delete old spam and trash. Return how many comments were deleted."""
        now = timezone.now()
        decided = self.annotate(decided_at=Coalesce("moderated_at", "posted_at"))
        spam = Q(status=Comment.Status.SPAM, decided_at__lt=now - SPAM_RETENTION)
        trash = Q(status=Comment.Status.TRASH, decided_at__lt=now - TRASH_RETENTION)
        keys = list(decided.filter(spam | trash).values_list("pk", flat=True))
        # Neither is visible. Answers to them have no parent from now on, and are shown where they were.
        with invalidate_only(CacheScope.NONE):
            Comment.objects.filter(pk__in=keys).delete()
        return len(keys)


class Comment(QueuedEmail):
    """A comment of a visitor, or the answer of an author. As a queue entry, it is the email about itself."""

    class Status(models.TextChoices):
        """What a moderator, or the filter, decided."""

        PENDING = "pending", "Pending"
        APPROVED = "approved", "Approved"
        SPAM = "spam", "Spam"
        TRASH = "trash", "Trash"

    discussion = models.ForeignKey(Discussion, on_delete=models.CASCADE, related_name="comments", editable=False)
    # Answers outlive the comment that they answer.
    parent = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="replies", editable=False
    )
    status = models.CharField(
        max_length=10, choices=Status, default=Status.PENDING, help_text="Visitors see approved comments only."
    )
    # An author of this site, whose answers are marked.
    author = models.ForeignKey(
        Author, on_delete=models.SET_NULL, null=True, blank=True, related_name="comments", editable=False
    )
    name = models.CharField(max_length=120, blank=True, help_text="Shown with the comment.")
    email = models.EmailField("email address", max_length=254, blank=True, help_text="Visitors never see it.")
    website = models.URLField(max_length=500, blank=True, help_text="The name links to it.")
    # Paragraphs, line breaks and links: see comments.bodies.
    body = models.TextField("comment", blank=True)
    posted_at = models.DateTimeField("posted", default=timezone.now, editable=False)
    # When a person decided; null for what waits, and for what the filter put into spam.
    moderated_at = models.DateTimeField("moderated", null=True, editable=False)
    # Why the filter put the comment into spam.
    held_because = models.CharField(max_length=200, blank=True, editable=False)
    # Derived from the form's token, so that a double click creates one comment. Null for answers and imported comments.
    submission = models.UUIDField(unique=True, null=True, editable=False)
    # The number at the site it was imported from, which is part of links to it, and the number that it answers.
    imported_id = models.PositiveBigIntegerField(null=True, editable=False)
    imported_parent_id = models.PositiveBigIntegerField(null=True, editable=False)

    objects = CommentQuerySet.as_manager()

    class Meta:
        ordering = ("-posted_at", "-pk")
        indexes = [
            models.Index(fields=("discussion", "status", "posted_at"), name="comments_comment_public"),
            models.Index(fields=("status", "-posted_at"), name="comments_comment_moderation"),
            models.Index(fields=("next_attempt_at",), name="comments_comment_due"),
        ]
        constraints = [
            models.UniqueConstraint("discussion", "imported_id", name="comments_comment_imported_once"),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(next_attempt_at__isnull=True), name="comments_comment_sent_once"
            ),
        ]

    def __str__(self) -> str:
        # Without its text or name: the admin log outlives the comment.
        return f"Comment {self.pk}"

    @property
    def anchor(self) -> str:
        """The id of the element in the page. Imported comments keep the one that links to them use."""
        return f"comment-{self.imported_id}" if self.imported_id else f"comment-n{self.pk}"

    def get_absolute_url(self) -> str:
        """Return the URL of the comment in its page."""
        return f"{self.discussion.document.get_absolute_url()}#{self.anchor}"

    @property
    def display_name(self) -> str:
        """The name that visitors see."""
        if self.author:
            return self.author.name
        return self.name or ("Anonymous" if self.body else "Removed")

    @property
    def initial(self) -> str:
        """The first letter of the name."""
        return self.display_name[:1].upper()

    @property
    def html(self) -> SafeString:
        """The text as HTML. comments.bodies has sanitized it."""
        return mark_safe(self.body)  # noqa: S308

    @property
    def text(self) -> str:
        """The text without markup, one paragraph a line."""
        return plain_text(self.body)

    def reply(self, author: Author, text: str) -> "Comment":
        """Answer the comment as `author`, and approve it if it waits. A double click answers once."""
        body = html_from_text(text)
        with transaction.atomic():
            Comment.objects.select_for_update().get(pk=self.pk)
            Comment.objects.filter(pk=self.pk).pending().moderate(self.Status.APPROVED)
            if existing := self.replies.filter(author=author, body=body).first():
                return existing
            with invalidate_only(self.discussion.cache_path):
                return Comment.objects.create(
                    discussion=self.discussion,
                    parent=self,
                    author=author,
                    name=author.name,
                    body=body,
                    status=self.Status.APPROVED,
                    moderated_at=timezone.now(),
                    next_attempt_at=None,
                )

    def build_email(self) -> OutgoingEmail | None:
        """Return the email about this comment, or None if someone has moderated it or nobody can get it."""
        recipient = self._moderator_email()
        if self.status != self.Status.PENDING or not recipient:
            return None
        site = SiteInfo.load()
        document = self.discussion.document
        context = {
            "comment": self,
            "document": document,
            "document_url": absolute_url(document.get_absolute_url()),
            "list_url": absolute_url(admin_url(Comment, query={"status": "pending"})),
            "days": LINK_DAYS,
            "urls": {action: absolute_url(moderation_path(self.message_uuid, action)) for action in ACTIONS},
        }
        return OutgoingEmail(
            one_line(f"New comment on “{document}” waits for you"),
            render_to_string("comments/email/new_comment.txt", context),
            format_mailbox(settings.DEFAULT_FROM_EMAIL, site.name),
            [format_mailbox(recipient)],
            headers=self.email_headers,
        )

    def _moderator_email(self) -> str:
        """Return the address of the post's author, if they may moderate, or else that of an owner."""
        post = self.discussion.post
        user = post.author.user if post else None
        if user and user.is_active and any(map(user.has_perm, ("comments.change_comment", "blog.publish_post"))):
            return user.email
        owners = User.objects.filter(role=Role.OWNER, is_active=True).order_by("pk")
        return owners.values_list("email", flat=True).first() or ""
