"""Import the comments of posts and pages.

Approved comments are shown and pending ones wait for a moderator. Spam and trash stay behind, and pingbacks,
trackbacks and the notes of plugins are no comments. Nobody gets an email about an imported comment.
"""

import logging
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.db import transaction
from django.db.models import OuterRef, Q, Subquery
from django.utils.text import normalize_newlines

from accounts.models import Author
from comments.bodies import html_from_text, sanitize_comment
from comments.models import Comment, CommentSettings, Discussion
from plaintext.characters import strip_control_characters
from publishing.models import YEARS
from wordpress import reader, undo
from wordpress.item_content import display_title
from wordpress.models import ImportedObject, digest
from wordpress.paragraphs import paragraphs
from wordpress.placeholders import Placeholders
from wordpress.reader import Item
from wordpress.report import ITEM_ERRORS, Kind, Outcome, Report
from wordpress.terms import TermImporter
from wordpress.undo_handlers import delete_rows, unless_used

log = logging.getLogger(__name__)

_STATUSES = {
    "1": Comment.Status.APPROVED,
    "approve": Comment.Status.APPROVED,
    "approved": Comment.Status.APPROVED,
    "0": Comment.Status.PENDING,
    "hold": Comment.Status.PENDING,
}
# Pingbacks and trackbacks are automatic notices of links.
_REASONS = {"pingback": "It is a pingback.", "trackback": "It is a trackback."}
# One line without anything that means something in HTML.
_SENTENCES = re.compile(r"[\w .,;:!?'\"’“”()/+*=%-]+")
_validate_url = URLValidator(schemes=["http", "https"])


@dataclass
class _Found:
    """A comment in the file, and where it belongs."""

    item: Item
    source: reader.Comment
    key: str
    # The key of the record of its post or page.
    document: str
    discussion: Discussion | None = None


class CommentImporter:
    """Import the comments of one export. Running it again changes nothing."""

    def __init__(self, export: reader.Export, site_name: str, terms: TermImporter, report: Report, number: int) -> None:
        self.site_name = site_name
        self.terms = terms
        self.report = report
        self.number = number
        self.key_counts = Counter[str]()
        self._logins = {author.wp_id: author.login for author in export.authors if author.wp_id}
        self._emails = {author.email.lower(): author.login for author in export.authors if author.email}

    def import_batch(self, items: Iterable[tuple[str, Item]]) -> None:
        """Import the comments of items whose posts and pages are saved, given with the keys of their records."""
        batch = list(items)
        try:
            self._import_batch(batch)
        except ITEM_ERRORS:
            log.info("A batch of comments failed. Importing those of each post alone", exc_info=True)
            for key, item in batch:
                self._import_alone(key, item)

    def _import_alone(self, key: str, item: Item) -> None:
        try:
            self._import_batch([(key, item)])
        except ITEM_ERRORS as error:
            log.exception("Comments of WordPress %s %s", item.post_type, item.post_id)
            report = self.report.child()
            for found in _comments_of(key, item):
                self._record(report, found, Outcome.FAILED, reason=f"It could not be imported: {error}")
            report.save()
            self.report.add(report)

    @transaction.atomic
    def _import_batch(self, batch: Sequence[tuple[str, Item]]) -> None:
        report = self.report.child()
        found = [each for key, item in batch for each in _comments_of(key, item)]
        discussions = self._discussions(batch, found)
        for each in found:
            each.discussion = discussions.get(each.document)
        rows = ImportedObject.objects.filter(
            site=self.site_name, kind=ImportedObject.Kind.COMMENT, key__in=[each.key for each in found]
        )
        imported = {row.key: row for row in rows}
        created: dict[str, Comment] = {}
        records = []
        for each in found:
            if reason := _reason_to_skip(each, created):
                self._record(report, each, Outcome.SKIPPED, reason=reason)
            elif each.key in imported:
                self._update(report, each, imported[each.key])
            else:
                created[each.key] = comment = self._new_comment(each)
                records.append((each, comment))
        Comment.objects.bulk_create(created.values())
        ImportedObject.objects.bulk_create(self._new_record(each, comment) for each, comment in records)
        for each, comment in records:
            self._record(report, each, Outcome.CREATED, target=comment)
        if any(comment.status == Comment.Status.APPROVED for comment in created.values()):
            self._turn_on()
        report.save()
        self.report.add(report)

    def _discussions(self, batch: Sequence[tuple[str, Item]], found: Sequence[_Found]) -> dict[str, Discussion]:
        """Return the discussion of each document that needs one, by the key of its record."""
        kinds = (ImportedObject.Kind.POST, ImportedObject.Kind.PAGE)
        rows = ImportedObject.objects.filter(site=self.site_name, kind__in=kinds, key__in=[key for key, _ in batch])
        documents = {(row.kind, row.key): row.object_id for row in rows}
        discussed = {each.document for each in found if not _reason_to_skip(each, {}, is_placed=True)}
        wanted: dict[str, Discussion] = {}
        for key, item in batch:
            pk = documents.get((item.post_type, key))
            is_closed = item.post_type == "post" and item.comment_status == "closed"
            if pk is not None and (is_closed or key in discussed):
                wanted[key] = Discussion(access=_access(item), **{f"{item.post_type}_id": pk})
        return _get_or_create(wanted)

    def _new_comment(self, found: _Found) -> Comment:
        comment = Comment(discussion=found.discussion, next_attempt_at=None)
        self._fill(comment, found.source)
        return comment

    def _new_record(self, found: _Found, comment: Comment) -> ImportedObject:
        return ImportedObject(
            site=self.site_name,
            kind=ImportedObject.Kind.COMMENT,
            key=found.key,
            object_id=comment.pk,
            digest=_digest(found.source),
            fingerprint=_fingerprint(comment),
            run=self.report.run,
            is_new=True,
        )

    def _update(self, report: Report, found: _Found, row: ImportedObject) -> None:
        """Change a comment that changed in a newer export, unless it was moderated here since."""
        comment = Comment.objects.filter(pk=row.object_id).first()
        if comment is None:
            self._record(report, found, Outcome.SKIPPED, reason="You deleted it here.")
        elif row.digest == _digest(found.source):
            self._record(report, found, Outcome.UNCHANGED, target=comment)
        elif row.fingerprint != _fingerprint(comment):
            self._record(report, found, Outcome.CONFLICT, target=comment)
        else:
            self._fill(comment, found.source)
            comment.save()
            row.digest, row.fingerprint = _digest(found.source), _fingerprint(comment)
            row.save(update_fields=["digest", "fingerprint"])
            self._record(report, found, Outcome.UPDATED, target=comment)

    def _fill(self, comment: Comment, source: reader.Comment) -> None:
        comment.author = self._author(source)
        comment.name = strip_control_characters(comment.author.name if comment.author else source.author).strip()[:120]
        comment.email = _valid(source.email, validate_email, 254)
        comment.website = "" if comment.author else _valid(source.url, _validate_url, 500)
        # Nothing is left of a comment that was only an image, but its answers need it.
        comment.body = to_comment_html(source.body) or "<p>…</p>"
        comment.status = _STATUSES[source.approved]
        if source.posted_at and source.posted_at.year in YEARS:
            comment.posted_at = source.posted_at
        comment.moderated_at = comment.posted_at if comment.status == Comment.Status.APPROVED else None
        comment.imported_id = source.comment_id if source.comment_id > 0 else None
        comment.imported_parent_id = source.parent_id if source.parent_id > 0 else None

    def _author(self, source: reader.Comment) -> Author | None:
        """Return the author of this site who wrote the comment.

        WordPress stores which user was signed in. Only comments without that field are matched by email address,
        because anyone could enter one.
        """
        if source.user_id:
            login = self._logins.get(source.user_id)
        else:
            login = self._emails.get(source.email.lower()) if source.email else None
        return self.terms.author(login) if login else None

    def _turn_on(self) -> None:
        """Turn comments on, unless an owner has decided about them."""
        pk = CommentSettings.singleton_instance_id
        settings, is_new = CommentSettings.objects.get_or_create(pk=pk, defaults={"is_enabled": True})
        if is_new:
            self.terms.record(ImportedObject.Kind.SETTINGS, "comments", settings, is_new=True)

    def _record(
        self, report: Report, found: _Found, outcome: Outcome, *, target: Comment | None = None, reason: str = ""
    ) -> None:
        report.comments[outcome] += 1
        report.record(
            Kind.COMMENT,
            outcome,
            source=found.item.link or found.item.guid,
            title=display_title(found.item),
            reason=reason,
            source_id=found.source.comment_id,
            target=target,
            key=f"{self.number}:{found.key}",
        )


def to_comment_html(text: str) -> str:
    """Convert what a visitor typed: line ends are line breaks, and brackets are no shortcodes."""
    if _SENTENCES.fullmatch(text):
        return html_from_text(" ".join(text.split()))
    placeholders = Placeholders()
    hidden = placeholders.hide_markup(strip_control_characters(normalize_newlines(text)), keep_line_breaks=True)
    return sanitize_comment(placeholders.restore(paragraphs(hidden, placeholders)))


def link_parents() -> None:
    """Give imported comments the one that they answer, which may come later or be in another file."""
    parents = Comment.objects.filter(discussion=OuterRef("discussion"), imported_id=OuterRef("imported_parent_id"))
    rows = Comment.objects.filter(imported_parent_id__isnull=False, parent=None).order_by("pk")
    found = rows.annotate(found=Subquery(parents.exclude(pk=OuterRef("pk")).values("pk")[:1]))
    links = dict(found.filter(found__isnull=False).values_list("pk", "found"))
    # Damaged exports contain loops. One of their comments stays at the top level.
    comments = [Comment(pk=pk, parent_id=parent) for pk, parent in links.items() if not _closes_loop(links, pk)]
    Comment.objects.bulk_update(comments, ["parent"], batch_size=200)


def _closes_loop(links: Mapping[int, int], start: int) -> bool:
    """Return whether `start` is the lowest key in a loop of answers."""
    seen = [start]
    while (pk := links.get(seen[-1])) is not None and pk not in seen:
        seen.append(pk)
    return pk == start and start == min(seen)


def _reasons_to_keep(batch: Sequence[tuple[ImportedObject, Any]]) -> dict[int, str]:
    answered = Comment.objects.filter(parent__in=[comment.pk for _, comment in batch], imported_id=None)
    reasons = dict.fromkeys(answered.values_list("parent", flat=True), "someone answered it here")
    changed = (comment.pk for record, comment in batch if record.fingerprint != _fingerprint(comment))
    return {**reasons, **dict.fromkeys(changed, "you changed it")}


def _comments_of(key: str, item: Item) -> list[_Found]:
    """Return the comments of an item in the order of the file, each with its key."""
    # Damaged exports have comments without a number.
    names = (source.comment_id or digest(source)[:16] for source in item.comments)
    return [_Found(item, source, f"{name} {key}"[:700], key) for name, source in zip(names, item.comments, strict=True)]


def _reason_to_skip(found: _Found, created: Mapping[str, Comment], *, is_placed: bool = False) -> str:
    """Return why a comment is not imported. With `is_placed`, its discussion was not looked up yet."""
    source = found.source
    if source.kind not in {"", "comment"}:
        return _REASONS.get(source.kind, f"It is no comment, but of the kind “{source.kind[:40]}”.")
    if source.approved not in _STATUSES:
        return "It is spam." if source.approved == "spam" else "It is in the trash."
    if not is_placed and found.discussion is None:
        return "The item that it is on was not imported."
    return "It is in the file twice." if found.key in created else ""


def _access(item: Item) -> Discussion.Access:
    if item.comment_status == "closed":
        return Discussion.Access.CLOSED
    # Pages accept comments only if they are opened.
    is_open_page = item.post_type == "page" and item.comment_status == "open"
    return Discussion.Access.OPEN if is_open_page else Discussion.Access.DEFAULT


def _get_or_create(wanted: Mapping[str, Discussion]) -> dict[str, Discussion]:
    """Return the saved discussions. Those that exist stay as they are."""
    Discussion.objects.bulk_create(wanted.values(), ignore_conflicts=True)
    posts = [each.post_id for each in wanted.values() if each.post_id]
    pages = [each.page_id for each in wanted.values() if each.page_id]
    saved = Discussion.objects.filter(Q(post__in=posts) | Q(page__in=pages))
    by_document = {(each.post_id, each.page_id): each for each in saved}
    return {key: by_document[each.post_id, each.page_id] for key, each in wanted.items()}


def _valid(text: str, validate: Any, limit: int) -> str:
    """Return `text`, or "" if it is invalid."""
    with suppress(ValidationError):
        validate(text)
        return text if len(text) <= limit else ""
    return ""


def _digest(source: reader.Comment) -> str:
    posted_at = source.posted_at and source.posted_at.isoformat()
    return digest(source.author, source.email, source.url, source.body, source.approved, posted_at, source.parent_id)


def _fingerprint(comment: Comment) -> str:
    return digest(str(comment.status), comment.name, comment.email, comment.website, comment.body)


undo.register(ImportedObject.Kind.COMMENT, undo.UndoHandler(Comment, 10, _reasons_to_keep, delete_rows))
undo.register(ImportedObject.Kind.SETTINGS, undo.UndoHandler(CommentSettings, 20, unless_used, delete_rows))
