"""Submitting drafts for review, and reviewing them."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Author, User
from accounts.roles import Role
from blog.models import Post
from publishing.models import Review, ReviewNote, ReviewSettings, Submission
from siteinfo.urls import admin_url
from tests.accounts.staff import sign_in
from tests.blog.post_form import post_form_data
from tests.factories import make_author, make_page, make_post
from tests.publishing.reviews import make_review, make_reviewer

pytestmark = pytest.mark.django_db


def person(role: Role) -> User:
    user = User.objects.create_user(f"{role}@example.com", name=f"{role.label} Person")
    user.set_role(role)
    user.save()
    return user


@pytest.fixture
def contributor() -> User:
    """Return a user with the role of a contributor."""
    make_author(name="First Author")
    return person(Role.CONTRIBUTOR)


@pytest.fixture
def draft(contributor: User) -> Post:
    """Return a draft of the contributor."""
    author = Author.objects.get_or_create_for(contributor)
    return make_post(title="Knees for all", status="draft", published_at=None, author=author)


def change(post: Post) -> str:
    return f"/admin/blog/post/{post.pk}/change/"


def review(post: Post) -> str:
    return f"/admin/blog/post/{post.pk}/review/"


def decide(client: Client, document: Any, outcome: str = "approved", **data: Any) -> Any:
    """Post a decision about the current version. Return the errors by field."""
    document.refresh_from_db()
    today = timezone.localdate()
    values = {"outcome": outcome, "reviewed_on": str(today), "read_version": document.version, "_decide": ""}
    response = client.post(admin_url(document, "review"), values | data)
    return {} if response.status_code == 302 else response.context["review_form"].errors


def write_note(client: Client, post: Post, **data: str) -> Any:
    return client.post(review(post), {"text": "Which study?", "_note": "", **data})


def submit(client: Client, post: Post) -> None:
    post.refresh_from_db()
    response = client.post(change(post), post_form_data(post, _submit=""), follow=True)
    assert "Submitted for review." in response.content.decode()


def test_a_contributor_submits_a_draft_and_an_editor_publishes_it(contributor: User, draft: Post) -> None:
    writer, editor = sign_in(contributor), sign_in(person(Role.EDITOR))
    page = writer.get(change(draft)).content.decode()
    assert "Submit for review" in page
    assert 'name="_publish"' not in page
    assert "is waiting for review" not in editor.get("/admin/").content.decode()
    submit(writer, draft)
    submit(writer, draft)
    assert Submission.objects.count() == 1
    assert "Waiting for review since" in writer.get(change(draft)).content.decode()
    dashboard = editor.get("/admin/").content.decode()
    assert "“Knees for all” is waiting for review" in dashboard
    assert "Contributor Person submitted it on" in dashboard
    assert review(draft) in dashboard
    draft.refresh_from_db()
    assert (
        editor.post(change(draft), post_form_data(draft, author=str(draft.author_id), _publish="")).status_code == 302
    )
    draft.refresh_from_db()
    assert (draft.status, draft.author.user) == ("published", contributor)
    assert not Submission.objects.exists()


def test_a_reviewer_reads_and_requests_changes_but_cannot_edit(contributor: User, draft: Post) -> None:
    writer, reviewer = sign_in(contributor), sign_in(person(Role.REVIEWER))
    submit(writer, draft)
    assert "is waiting for review" in reviewer.get("/admin/").content.decode()
    assert "Write a note" in reviewer.get(review(draft)).content.decode()
    assert reviewer.get(f"/admin/blog/post/{draft.pk}/preview/").status_code == 200
    assert reviewer.post(change(draft), post_form_data(draft, title="Mine")).status_code == 403
    assert decide(reviewer, draft, "changes", text="Which study? <b>Cite it.</b>") == {}
    decision = Review.objects.get()
    draft.refresh_from_db()
    assert (decision.version, decision.due_on, draft.title) == (draft.version, None, "Knees for all")
    page = writer.get(change(draft)).content.decode()
    assert "Changes requested" in page
    assert "Which study? &lt;b&gt;Cite it.&lt;/b&gt;" in page
    assert "is waiting for review" not in reviewer.get("/admin/").content.decode()
    submit(writer, draft)
    writer.post(change(draft), post_form_data(draft, title="Other knees", base_version=str(draft.version + 1)))
    assert "(the text has changed since)" in reviewer.get(review(draft)).content.decode()


def test_only_reviewers_and_editors_write_notes_and_decide(contributor: User, draft: Post) -> None:
    writer = sign_in(contributor)
    assert "Write a note" not in writer.get(review(draft)).content.decode()
    for button in ("_note", "_decide"):
        assert writer.post(review(draft), {"text": "Great", "outcome": "approved", button: ""}).status_code == 403
    author = sign_in(person(Role.AUTHOR))
    assert author.get(review(draft)).status_code == 404
    assert author.post(review(draft), {"text": "Great", "_note": ""}).status_code == 404
    assert not ReviewNote.objects.exists()
    assert not Review.objects.exists()


def test_a_post_without_a_known_button_does_nothing(draft: Post) -> None:
    assert sign_in(person(Role.REVIEWER)).post(review(draft), {"text": "Great"}).status_code == 302
    assert not ReviewNote.objects.exists()


# ---- Notes -------------------------------------------------------------------------------------------


def test_a_note_is_anchored_to_a_passage_and_follows_it(draft: Post) -> None:
    draft.body = "<p>Most knees like stairs.</p><p>Some knees do not, and say so loudly.</p><p>Both get better.</p>"
    draft.save()
    reviewer = sign_in(person(Role.REVIEWER))
    assert write_note(reviewer, draft, quote="Some  knees do\nnot").status_code == 302
    note = ReviewNote.objects.get()
    assert note.quote == "Some knees do not"
    assert (note.before.strip(), note.after) == ("Most knees like stairs.", ", and say so loudly. Both get better.")
    draft.body = draft.body.replace("Most knees like stairs.", "A new start. Most knees like stairs.")
    draft.save()
    assert "Show in the text" in reviewer.get(review(draft)).content.decode()
    draft.body = draft.body.replace("Some knees do not", "Some knees often do not")
    draft.save()
    assert "The passage was edited after the note." in reviewer.get(review(draft)).content.decode()
    draft.body = "<p>All of it was rewritten.</p>"
    draft.save()
    page = reviewer.get(review(draft)).content.decode()
    assert "These words are no longer in the text." in page
    assert "Show in the text" not in page


def test_a_note_about_words_that_are_not_in_the_text_is_refused(draft: Post) -> None:
    reviewer = sign_in(person(Role.REVIEWER))
    response = write_note(reviewer, draft, quote="Never written")
    assert "The text does not contain these words." in response.content.decode()
    assert write_note(reviewer, draft, text="").status_code == 200
    assert not ReviewNote.objects.exists()


def test_open_notes_block_the_approval_until_they_are_resolved(contributor: User, draft: Post) -> None:
    writer, reviewer = sign_in(contributor), sign_in(person(Role.REVIEWER))
    write_note(reviewer, draft)
    note = ReviewNote.objects.get()
    assert "Which study?" in writer.get(change(draft)).content.decode()
    assert decide(reviewer, draft) == {"outcome": ["1 note is open. Resolve them before you approve the text."]}
    assert decide(reviewer, draft, "changes") == {}
    writer.post(review(draft), {"note": note.pk, "text": "This one.", "_reply": ""})
    page = reviewer.get(review(draft)).content.decode()
    assert "This one." in page
    writer.post(review(draft), {"note": note.pk, "_resolve": ""})
    note.refresh_from_db()
    assert (note.is_resolved, note.resolved_by) == (True, contributor)
    assert decide(reviewer, draft) == {}
    reviewer.post(review(draft), {"note": note.pk, "_reopen": ""})
    assert "outcome" in decide(reviewer, draft)


def test_replies_and_resolutions_are_for_people_who_may_open_the_text(draft: Post) -> None:
    write_note(sign_in(person(Role.REVIEWER)), draft)
    note = ReviewNote.objects.get()
    other = sign_in(person(Role.AUTHOR))
    assert other.post(review(draft), {"note": note.pk, "_resolve": ""}).status_code == 404
    editor = sign_in(person(Role.EDITOR))
    other_post = make_post(status="draft", published_at=None)
    assert editor.post(review(other_post), {"note": note.pk, "_resolve": ""}).status_code == 404
    assert editor.post(review(draft), {"note": "x", "_resolve": ""}).status_code == 404
    editor.post(review(draft), {"note": note.pk, "text": " ", "_reply": ""})
    note.refresh_from_db()
    assert (note.is_resolved, ReviewNote.objects.count()) == (False, 1)


# ---- Decisions ---------------------------------------------------------------------------------------


def test_an_approval_under_a_name_is_stored_with_what_was_read(draft: Post) -> None:
    user = person(Role.REVIEWER)
    own = make_reviewer(user=user)
    make_author(name="Someone else")
    client = sign_in(user)
    form = client.get(review(draft)).context["review_form"]
    assert list(form.fields["reviewer"].queryset) == [own]
    data: dict[str, Any] = {
        "reviewer": own.pk,
        "text": "Sound.",
        "pemat_1": "agree",
        "pemat_2": "disagree",
        "pemat_24": "na",
    }
    assert decide(client, draft, **data) == {}
    decision = Review.objects.get()
    today = timezone.localdate()
    assert (decision.reviewer, decision.user, decision.reviewed_on) == (own, user, today)
    assert decision.due_on == today.replace(year=today.year + 2) or today.month == 2
    assert decision.pemat == {"1": "agree", "2": "disagree", "24": "na"}
    assert decision.pemat_scores == (50, None)
    assert decision.revision is not None
    assert decision.revision.data["title"] == draft.title
    assert draft.current_review == decision


def test_the_next_review_is_due_within_the_limits_of_the_site(draft: Post) -> None:
    ReviewSettings.objects.create(interval_months=12, ceiling_months=18)
    reviewer = make_reviewer()
    client = sign_in(person(Role.EDITOR))
    data: dict[str, Any] = {"reviewer": reviewer.pk, "reviewed_on": "2026-01-31"}
    too_late = decide(client, draft, due_on="2027-08-01", **data)
    assert too_late == {"due_on": ["Choose July 31, 2027 or earlier. A review lasts 18 months."]}
    assert "due_on" in decide(client, draft, due_on="2026-01-31", **data)
    future = str(timezone.localdate() + timedelta(days=1))
    assert "reviewed_on" in decide(client, draft, **data | {"reviewed_on": future})
    assert decide(client, draft, **data) == {}
    assert Review.objects.get().due_on == date(2027, 1, 31)


def test_a_guest_reviews_without_an_account_and_has_a_page(client: Client) -> None:
    post = make_post(title="Public knees")
    guest = make_reviewer()
    assert decide(sign_in(person(Role.EDITOR)), post, reviewer=guest.pk) == {}
    assert guest.user is None
    page = client.get(guest.get_absolute_url()).content.decode()
    assert "Rowan Lee, PT, OCS" in page
    assert "Public knees" in page
    assert "Posts by" not in page
    post.trash()
    assert client.get(guest.get_absolute_url()).status_code == 404


def test_authors_do_not_review_their_own_text() -> None:
    user = person(Role.EDITOR)
    author = make_reviewer(user=user)
    post = make_post(author=author)
    client = sign_in(user)
    assert client.get(review(post)).context["review_form"].initial["reviewer"] is None
    assert "reviewer" in decide(client, post, reviewer=author.pk)
    assert decide(client, post) == {}
    assert post.current_review is None


def test_a_decision_about_an_older_version_is_refused(draft: Post) -> None:
    client = sign_in(person(Role.REVIEWER))
    errors = decide(client, draft, read_version=draft.version + 1)
    assert errors == {"__all__": ["The text was saved while you were reading. Read the new version, then decide."]}
    assert not Review.objects.exists()


@pytest.mark.parametrize("data", [{"outcome": ""}, {"outcome": "publish"}, {"pemat_1": "na"}, {"pemat_3": "maybe"}])
def test_an_incomplete_decision_is_not_stored(data: dict[str, str], draft: Post) -> None:
    assert decide(sign_in(person(Role.REVIEWER)), draft, **data)
    assert not Review.objects.exists()


def test_notes_reviews_and_submissions_are_deleted_with_their_document(contributor: User, draft: Post) -> None:
    submit(sign_in(contributor), draft)
    reviewer = sign_in(person(Role.REVIEWER))
    decide(reviewer, draft)
    write_note(reviewer, draft)
    draft.delete()
    assert not Submission.objects.exists()
    assert not ReviewNote.objects.exists()
    assert not Review.objects.exists()


def test_pages_are_reviewed_too(client: Client) -> None:
    page = make_page(title="Knees", slug="knees")
    guest = make_reviewer()
    assert decide(sign_in(person(Role.EDITOR)), page, reviewer=guest.pk) == {}
    assert "Medically reviewed by" in client.get("/knees/").content.decode()


def test_a_copy_has_no_review_but_says_how_the_text_was_made() -> None:
    post = make_post(origin="assisted", updated_on=date(2026, 1, 2))
    make_review(post)
    post.changes.create(text="A new study.")
    sign_in(person(Role.OWNER)).post(change(post), {"_duplicate": ""})
    copy = Post.objects.latest("pk")
    assert (copy.title, copy.origin) == (f"Copy of {post.title}", "assisted")
    assert (copy.current_review, copy.public_changes, copy.updated_on) == (None, [], None)
