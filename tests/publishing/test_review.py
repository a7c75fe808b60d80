"""Submitting drafts for review, and reviewing them."""

import pytest
from django.test import Client

from accounts.models import Author, User
from accounts.roles import Role
from blog.models import Post
from publishing.models import ReviewNote, Submission
from tests.accounts.staff import sign_in
from tests.blog.post_form import post_form_data
from tests.factories import make_author, make_page, make_post

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
    response = reviewer.post(review(draft), {"text": "Which study? <b>Cite it.</b>", "verdict": "changes"})
    assert response.status_code == 302
    note = ReviewNote.objects.get()
    draft.refresh_from_db()
    assert (note.version, draft.title) == (draft.version, "Knees for all")
    page = writer.get(change(draft)).content.decode()
    assert "Changes requested" in page
    assert "Which study? &lt;b&gt;Cite it.&lt;/b&gt;" in page
    assert "is waiting for review" not in reviewer.get("/admin/").content.decode()
    submit(writer, draft)
    assert "(the text has changed since)" in reviewer.get(review(draft)).content.decode()


def test_only_reviewers_and_editors_write_notes(contributor: User, draft: Post) -> None:
    writer = sign_in(contributor)
    assert "Write a note" not in writer.get(review(draft)).content.decode()
    assert writer.post(review(draft), {"text": "Great", "verdict": "approved"}).status_code == 403
    author = sign_in(person(Role.AUTHOR))
    assert author.get(review(draft)).status_code == 404
    assert author.post(review(draft), {"text": "Great", "verdict": "approved"}).status_code == 404
    assert not ReviewNote.objects.exists()


@pytest.mark.parametrize("data", [{"text": "", "verdict": "note"}, {"text": "x", "verdict": "publish"}])
def test_an_incomplete_note_is_not_stored(data: dict[str, str], draft: Post) -> None:
    response = sign_in(person(Role.REVIEWER)).post(review(draft), data)
    assert response.status_code == 200
    assert "errorlist" in response.content.decode()
    assert not ReviewNote.objects.exists()


def test_notes_and_submissions_are_deleted_with_their_document(contributor: User, draft: Post) -> None:
    submit(sign_in(contributor), draft)
    sign_in(person(Role.REVIEWER)).post(review(draft), {"text": "Good", "verdict": "approved"})
    draft.delete()
    assert not Submission.objects.exists()
    assert not ReviewNote.objects.exists()


def test_pages_are_reviewed_too() -> None:
    page = make_page(status="draft", published_at=None)
    reviewer = sign_in(person(Role.REVIEWER))
    assert (
        reviewer.post(f"/admin/pages/page/{page.pk}/review/", {"text": "Good", "verdict": "approved"}).status_code
        == 302
    )
    assert page.review_notes.get().verdict_label == "Approved"
