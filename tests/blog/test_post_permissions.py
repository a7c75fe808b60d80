"""What each permission allows on posts: own drafts, publishing, other authors, the home page."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import Author, User
from blog.models import Post
from publishing.models import PendingEdit
from tests.accounts.staff import make_staff, sign_in
from tests.blog.post_form import post_form_data
from tests.factories import make_author, make_post

pytestmark = pytest.mark.django_db

ADD = "/admin/blog/post/add/"
LIST = "/admin/blog/post/"


def change_url(post: Post, name: str = "change") -> str:
    return f"/admin/blog/post/{post.pk}/{name}/"


@pytest.fixture
def other() -> Author:
    """Return the first author of the site, who has no account."""
    return make_author(name="Other Author")


@pytest.fixture
def contributor(other: Author) -> User:
    """Return a user who may only add posts."""
    return make_staff("blog.add_post")


@pytest.fixture
def author(other: Author) -> User:
    """Return a user who may add posts and publish their own."""
    return make_staff("blog.add_post", "blog.publish_post", email="author@example.com")


def own_post(user: User, **fields: Any) -> Post:
    return make_post(author=Author.objects.get_or_create_for(user), **fields)


def own_draft(user: User, **fields: Any) -> Post:
    return own_post(user, status="draft", published_at=None, **fields)


def action(client: Client, name: str, post: Post) -> Any:
    return client.post(LIST, {"action": name, "_selected_action": post.pk, "index": 0})


def test_a_contributor_cannot_publish(contributor: User) -> None:
    response = sign_in(contributor).post(ADD, post_form_data(_publish=""))
    assert response.status_code == 403
    assert not Post.objects.exists()


def test_a_contributor_writes_drafts_under_their_own_name_and_not_featured(contributor: User, other: Author) -> None:
    data = post_form_data(
        author=str(other.pk), is_featured="on", published_at_0="2020-01-01", published_at_1="08:00:00"
    )
    assert sign_in(contributor).post(ADD, data).status_code == 302
    post = Post.objects.get()
    assert (post.author.user, post.status, post.is_featured, post.published_at) == (contributor, "draft", False, None)


def test_autosaves_of_a_contributor_belong_to_their_own_name(contributor: User, other: Author) -> None:
    client = sign_in(contributor)
    data = {"autosave_key": str(uuid4()), "title": "Typed", "author": str(other.pk)}
    response = client.post("/admin/blog/post/autosave/", data)
    assert response.status_code == 200
    post = Post.objects.get()
    assert post.author.user == contributor
    assert client.post(response.json()["autosave_url"], data).status_code == 200
    assert client.get(response.json()["preview_url"]).status_code == 200


def test_a_contributor_changes_their_own_draft(contributor: User) -> None:
    post = own_draft(contributor)
    client = sign_in(contributor)
    page = client.get(change_url(post)).content.decode()
    assert 'name="_publish"' not in page
    assert 'name="author"' not in page
    response = client.post(change_url(post), post_form_data(post, title="Better", _save=""))
    assert response.status_code == 302
    post.refresh_from_db()
    assert post.title == "Better"


@pytest.mark.parametrize(
    "button", ["_publish", "_save", "_draft", "_trash", "_pending", "_publish_changes", "_duplicate", "_restore"]
)
def test_a_contributor_cannot_touch_the_posts_of_others(button: str, contributor: User, other: Author) -> None:
    post = make_post(author=other, status="draft", published_at=None)
    client = sign_in(contributor)
    before = Post.objects.values().get()
    response = client.post(change_url(post), post_form_data(post, title="Mine", **{button: ""}))
    # The list of a contributor holds own posts only, so Django answers as for a post that does not exist.
    assert response.status_code in (302, 403)
    assert response.get("Location", "/admin/") == "/admin/"
    assert Post.objects.values().get() == before
    assert client.post(change_url(post, "autosave"), {"autosave_key": str(uuid4())}).status_code == 404
    assert client.get(change_url(post, "preview")).status_code == 404


@pytest.mark.parametrize("button", ["_save", "_draft", "_trash", "_pending", "_revoke_preview_links"])
def test_a_contributor_cannot_change_what_was_published(button: str, contributor: User) -> None:
    post = own_post(contributor)
    before = Post.objects.values().get()
    response = sign_in(contributor).post(change_url(post), post_form_data(post, title="New", **{button: ""}))
    assert response.status_code == 403
    assert Post.objects.values().get() == before
    assert sign_in(contributor).get(change_url(post)).status_code == 200


@pytest.mark.parametrize("name", ["publish_now", "unpublish", "move_to_trash", "feature", "set_primary_category"])
def test_list_actions_of_a_contributor_leave_published_posts_alone(name: str, contributor: User) -> None:
    post = own_post(contributor)
    before = Post.objects.values().get()
    action(sign_in(contributor), name, post)
    assert Post.objects.values().get() == before


def test_list_actions_of_a_contributor_do_not_publish(contributor: User) -> None:
    post = own_draft(contributor)
    action(sign_in(contributor), "publish_now", post)
    post.refresh_from_db()
    assert post.status == "draft"


def test_a_contributor_may_move_own_drafts_to_the_trash(contributor: User) -> None:
    post = own_draft(contributor)
    action(sign_in(contributor), "move_to_trash", post)
    post.refresh_from_db()
    assert post.trashed_at is not None


def test_an_author_publishes_own_posts_but_does_not_lead_the_home_page(author: User, other: Author) -> None:
    client = sign_in(author)
    data = post_form_data(_publish="", author=str(other.pk), is_featured="on")
    assert client.post(ADD, data).status_code == 302
    post = Post.objects.get()
    assert (post.status, post.author.user, post.is_featured) == ("published", author, False)
    action(client, "feature", post)
    post.refresh_from_db()
    assert not post.is_featured


def test_an_author_cannot_restore_a_revision_under_another_name(author: User, other: Author) -> None:
    post = own_post(author)
    revision = post.revisions.create(user=None, data=post.snapshot() | {"author": other.pk, "title": "Old title"})
    url = f"/admin/blog/post/{post.pk}/revisions/{revision.pk}/"
    assert sign_in(author).post(url).status_code == 302
    restored = PendingEdit.objects.get().data
    assert restored["title"] == "Old title"
    assert Author.objects.get(pk=restored["author"]).user == author


def test_an_author_cannot_relate_a_post_to_the_draft_of_another(author: User, other: Author) -> None:
    hidden = make_post(author=other, title="Secret plan", status="draft", published_at=None)
    post = own_post(author)
    data = post_form_data(post, related_first=str(hidden.pk))
    assert "Secret plan" not in sign_in(author).post(change_url(post), data).text
    post.refresh_from_db()
    assert post.related_first is None


def test_with_the_view_permission_alone_posts_can_be_read_but_not_changed(other: Author) -> None:
    client = sign_in(make_staff("blog.view_post"))
    post = make_post(author=other, status="draft", published_at=None, title="Readable draft")
    revision = post.revisions.create(user=None, data=post.snapshot())
    for path in (
        LIST,
        change_url(post),
        change_url(post, "history"),
        change_url(post, "preview"),
        change_url(post, f"revisions/{revision.pk}"),
    ):
        response = client.get(path)
        assert response.status_code == 200, path
        assert "Readable draft" in response.text, path
        assert '<button class="default"' not in response.text, path
    for path in (change_url(post), change_url(post, "autosave"), change_url(post, f"revisions/{revision.pk}")):
        data = post_form_data(post, autosave_key=str(uuid4()))
        assert client.post(path, data).status_code == 403, path
    assert client.get(ADD).status_code == 403


def test_changing_all_posts_does_not_include_publishing(other: Author) -> None:
    client = sign_in(make_staff("blog.view_post", "blog.change_post"))
    draft = make_post(author=other, status="draft", published_at=None)
    assert client.post(change_url(draft), post_form_data(draft, title="Edited")).status_code == 302
    draft.refresh_from_db()
    assert draft.title == "Edited"
    assert client.post(change_url(draft), post_form_data(draft, _publish="")).status_code == 403
    public = make_post(author=other)
    assert client.post(change_url(public), post_form_data(public, title="Edited")).status_code == 403
