"""Review documents in the admin: submit a draft, read it, write notes on passages and decide."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts.models import Author
from plaintext.numbers import parse_pk
from publishing.access import DocumentAccessAdmin
from publishing.anchors import Anchor, find, normalize
from publishing.models import Review, ReviewNote, Submission
from publishing.review_forms import NoteForm, ReplyForm, ReviewForm
from publishing.revisions import create_initial_revision, create_revision
from richtext.problems import render_one
from siteinfo.urls import admin_url

MAX_NOTES_SHOWN = 200
MAX_REVIEWS_SHOWN = 20


class Thread(NamedTuple):
    """A note with its replies, and what became of its passage in the text."""

    note: ReviewNote
    replies: list[ReviewNote]
    is_orphaned: bool
    is_edited: bool


def threads_of(document: Any) -> list[Thread]:
    """Return the notes on a document, open ones first. Two queries."""
    notes = document.review_notes.threads().select_related("user", "resolved_by").prefetch_related("replies__user")
    text = normalize(render_one(document, "its review", document.plain_text, ""))
    threads = [_thread(note, text) for note in notes[:MAX_NOTES_SHOWN]]
    return sorted(threads, key=lambda thread: thread.note.is_resolved)


def _thread(note: ReviewNote, text: str) -> Thread:
    passage = find(text, Anchor(note.quote, note.before, note.after)) if note.quote else None
    is_orphaned = bool(note.quote) and passage is None
    return Thread(note, list(note.replies.all()), is_orphaned, bool(passage and passage.is_edited))


class ReviewAdmin(DocumentAccessAdmin):
    """The part of a document's admin that belongs to its review."""

    def has_review_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may write notes and decide."""
        return request.user.has_perm(f"{self.opts.app_label}.review_{self.opts.model_name}")

    def _may_answer(self, request: HttpRequest, document: Any) -> bool:
        """Return whether the user may reply to notes and resolve them: reviewers, and those who change the text."""
        return self.has_review_permission(request) or self.has_change_permission(request, document)

    def review_context(self, document: Any) -> dict[str, Any]:
        """Return the template context of the form: the submission, the last decision and the open notes."""
        is_draft = document.status == document.Status.DRAFT
        notes = list(document.review_notes.unresolved().select_related("user")[:MAX_NOTES_SHOWN])
        reviews = document.reviews.select_related("user", "reviewer")
        return {
            "submission": document.submissions.first() if is_draft else None,
            "last_review": reviews.first() if is_draft or notes else None,
            "open_notes": notes,
        }

    def submit_for_review(self, request: HttpRequest, document: Any) -> None:
        """Add the draft to the review list of users who review and publish."""
        Submission.objects.update_or_create(
            content_type=ContentType.objects.get_for_model(document),
            object_id=document.pk,
            defaults={"user_id": request.user.pk, "submitted_at": timezone.now()},
        )

    # ---- The review page ----------------------------------------------------------------------------

    def show_review(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Show the document with its notes and decisions. A POST request adds to them."""
        document = self.get_readable(request, object_id)
        form = None
        if request.method == "POST":
            form = self._handle_review_post(request, document)
            if form is None:
                return HttpResponseRedirect(admin_url(self.model, "review", document.pk))
        may_review = self.has_review_permission(request)
        context = {
            **self.admin_site.each_context(request),
            "title": "Review",
            "opts": self.opts,
            "document": document,
            "submission": document.submissions.first(),
            "threads": threads_of(document),
            "reviews": document.reviews.select_related("user", "reviewer", "revision")[:MAX_REVIEWS_SHOWN],
            "may_answer": self._may_answer(request, document),
            "may_review": may_review,
        }
        if may_review:
            context["note_form"] = form if isinstance(form, NoteForm) else NoteForm(document)
            context["review_form"] = form if isinstance(form, ReviewForm) else self._review_form(request, document)
        return TemplateResponse(request, "admin/publishing/review.html", context)

    def _handle_review_post(self, request: HttpRequest, document: Any) -> forms.ModelForm | None:  # type: ignore[type-arg]
        """Do what the pressed button says. Return the form if it is not valid."""
        handlers: dict[str, tuple[bool, Callable[[HttpRequest, Any], Any]]] = {
            "_note": (self.has_review_permission(request), self._add_note),
            "_decide": (self.has_review_permission(request), self._decide),
            "_reply": (self._may_answer(request, document), self._reply),
            "_resolve": (self._may_answer(request, document), self._resolve),
            "_reopen": (self._may_answer(request, document), self._reopen),
        }
        for name, (is_allowed, handle) in handlers.items():
            if name in request.POST:
                if not is_allowed:
                    raise PermissionDenied
                result: forms.ModelForm | None = handle(request, document)  # type: ignore[type-arg]
                return result
        if not self._may_answer(request, document):
            raise PermissionDenied
        return None

    def _add_note(self, request: HttpRequest, document: Any) -> NoteForm | None:
        form = NoteForm(document, request.POST)
        if not form.is_valid():
            return form
        self._save_note(request, document, form)
        self.message_user(request, "Your note was saved. The author sees it above the text.")
        return None

    def _save_note(self, request: HttpRequest, document: Any, form: NoteForm | ReplyForm) -> None:
        note = form.instance
        note.user, note.version = request.user, document.version
        note.content_type, note.object_id = ContentType.objects.get_for_model(document), document.pk
        form.save()

    def _chosen_thread(self, request: HttpRequest, document: Any) -> ReviewNote:
        pk = parse_pk(request.POST.get("note"))
        note: ReviewNote | None = document.review_notes.threads().filter(pk=pk).first() if pk else None
        if note is None:
            raise Http404
        return note

    def _reply(self, request: HttpRequest, document: Any) -> None:
        form = ReplyForm(request.POST)
        form.instance.parent = self._chosen_thread(request, document)
        if form.is_valid():
            self._save_note(request, document, form)
        else:
            self.message_user(request, "Write a reply first.", messages.ERROR)

    def _resolve(self, request: HttpRequest, document: Any) -> None:
        note = self._chosen_thread(request, document)
        note.resolved_at, note.resolved_by_id = timezone.now(), request.user.pk
        note.save(update_fields=["resolved_at", "resolved_by"])

    def _reopen(self, request: HttpRequest, document: Any) -> None:
        note = self._chosen_thread(request, document)
        note.resolved_at = note.resolved_by = None
        note.save(update_fields=["resolved_at", "resolved_by"])

    # ---- The decision -------------------------------------------------------------------------------

    def _reviewers(self, request: HttpRequest) -> QuerySet[Author]:
        """Return who may be named as the reviewer: the user, or anyone for users who edit the profiles."""
        authors = Author.objects.all()
        return authors if request.user.has_perm("accounts.change_author") else authors.filter(user=request.user.pk)

    def _review_form(self, request: HttpRequest, document: Any) -> ReviewForm:
        reviewers = self._reviewers(request)
        own = reviewers.filter(user=request.user.pk).first()
        is_author = own is not None and own == getattr(document, "author", None)
        data = request.POST if "_decide" in request.POST else None
        return ReviewForm(document, reviewers, data, initial={"reviewer": None if is_author else own})

    def _decide(self, request: HttpRequest, document: Any) -> ReviewForm | None:
        with transaction.atomic():
            # Locked, so that no one saves another version in between.
            document = type(document)._default_manager.select_for_update().get(pk=document.pk)
            form = self._review_form(request, document)
            if not form.is_valid():
                return form
            self._save_review(request, document, form.instance)
        self.log_change(request, document, f"Review: {form.instance.get_outcome_display().lower()}.")
        self.message_user(request, "Your review was saved.", messages.SUCCESS)
        return None

    def _save_review(self, request: HttpRequest, document: Any, review: Review) -> None:
        create_initial_revision(document)
        create_revision(document, request.user, "Reviewed")  # type: ignore[arg-type]
        review.content_type, review.object_id = ContentType.objects.get_for_model(document), document.pk
        review.user_id, review.version = request.user.pk, document.version
        review.revision = document.revisions.first()
        review.save()
        if review.outcome == Review.Outcome.CHANGES:
            # The draft waits for its author now, who submits it again.
            document.submissions.all().delete()
