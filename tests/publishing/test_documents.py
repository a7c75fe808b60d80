"""Pending edits, revisions, preview links and the trash."""

from datetime import timedelta
from unittest import mock

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from blog.models import Post
from ptcomplete.management.commands import worker
from publishing import revisions, visibility
from publishing.diff import compare_html
from publishing.models import Autosave, PendingEdit, Revision
from tests.blog.post_form import post_form_data
from tests.factories import make_category, make_image, make_page, make_post

pytestmark = pytest.mark.django_db


def change(client: Client, post: Post, **values: str) -> str:
    """Submit the form of the post with `values` changed and return the next page."""
    post.refresh_from_db()
    at = timezone.localtime(post.published_at) if post.published_at else None
    when = {"published_at_0": f"{at:%Y-%m-%d}", "published_at_1": f"{at:%H:%M:%S}"} if at else {}
    fields = post_form_data(post, **when) | {"excerpt": post.excerpt, "tldr": post.tldr} | values
    if {"_pending", "_draft", "_publish"} & values.keys():
        fields.pop("_save")
    address = reverse("admin:blog_post_change", args=[post.pk])
    return client.post(address, fields, follow=True).content.decode()


def act(client: Client, post: Post, name: str) -> str:
    address = reverse("admin:blog_post_change", args=[post.pk])
    return client.post(address, {name: ""}, follow=True).content.decode()


def test_pending_edits_are_not_public_until_they_are_published(admin_client: Client, client: Client) -> None:
    category = make_category()
    post = make_post(title="Old title", body="<p>Old.</p>", tags=["a"], categories=[category])
    said = change(admin_client, post, title="New title", body="<p>New.</p>", tags="b, c d", _pending="")
    assert "Saved as pending changes. Visitors still see the published text." in said
    page = client.get(post.get_absolute_url()).content.decode()
    assert "Old title" in page
    assert "New title" not in page
    assert "<p>New.</p>" not in page
    form_page = admin_client.get(reverse("admin:blog_post_change", args=[post.pk])).content.decode()
    assert "New title" in form_page
    assert "Visitors do not see these changes yet." in form_page
    assert "The pending changes to “Old title” were published." in act(admin_client, post, "_publish_changes")
    page = client.get(post.get_absolute_url()).content.decode()
    assert "New title" in page
    assert "<p>New.</p>" in page
    assert sorted(tag.name for tag in Post.objects.get().tags.all()) == ["b", "c d"]
    assert not PendingEdit.objects.exists()


def test_scheduled_pending_edits_are_published_once_when_due(admin_client: Client, client: Client) -> None:
    post = make_post(body="<p>Old.</p>")
    soon = timezone.localtime(timezone.now() + timedelta(hours=1))
    at = {"publish_changes_at_0": f"{soon:%Y-%m-%d}", "publish_changes_at_1": f"{soon:%H:%M:%S}"}
    change(admin_client, post, body="<p>New.</p>", **at, _pending="")
    assert revisions.publish_due_edits() == 0
    with mock.patch("django.utils.timezone.now", return_value=soon + timedelta(minutes=1)):
        edit = PendingEdit.objects.get()
        worker.work_until_idle(lambda: False, worker.JOBS)
        assert revisions.publish_pending_edit(edit) is False
    assert "New." in client.get(post.get_absolute_url()).content.decode()
    post.refresh_from_db()
    assert [revision.data["body"] for revision in post.revisions.all()] == ["<p>New.</p>", "<p>Old.</p>"]


def test_a_bad_pending_edit_is_set_aside_and_named_on_the_dashboard(admin_client: Client) -> None:
    bad, good = make_post(title="Bad edit"), make_post()
    due = timezone.now() - timedelta(minutes=1)
    PendingEdit.objects.create(document=bad, data=bad.snapshot() | {"title": None}, publish_at=due)
    PendingEdit.objects.create(document=good, data=good.snapshot() | {"title": "Now public"}, publish_at=due)
    assert revisions.publish_due_edits() == 1
    good.refresh_from_db()
    bad.refresh_from_db()
    assert (bad.title, good.title) == ("Bad edit", "Now public")
    assert "Changes to “Bad edit” could not be published" in admin_client.get("/admin/").text
    assert revisions.publish_due_edits() == 0
    change(admin_client, bad, title="Mended", _pending="")
    assert PendingEdit.objects.get().problem == ""


def test_discarding_a_pending_edit_leaves_the_public_text(admin_client: Client) -> None:
    post = make_post(body="<p>Old.</p>")
    change(admin_client, post, body="<p>New.</p>", _pending="")
    act(admin_client, post, "_discard_changes")
    post.refresh_from_db()
    assert post.plain_text() == "Old."
    assert not PendingEdit.objects.exists()


def test_the_first_of_three_revisions_can_be_restored(admin_client: Client) -> None:
    image, category = make_image(), make_category()
    post = make_post(body="<p>One.</p>", tags=["first"], categories=[category], featured_image=image, tldr="Short")
    before = post.snapshot()
    for number in ("Two", "Three", "Four"):
        change(admin_client, post, body=f"<p>{number}.</p>", tags="other", tldr=number, note=f"Save {number}")
    assert Revision.objects.count() == 4
    history = admin_client.get(reverse("admin:blog_post_history", args=[post.pk])).content.decode()
    assert "Save Three" in history
    assert "Before the first edit" in history
    first = post.revisions.last()
    assert first is not None
    address = reverse("admin:blog_post_revision", args=[post.pk, first.pk])
    assert "<del>One.</del>" in admin_client.get(address).content.decode()
    admin_client.post(address)
    post = Post.objects.get()
    assert post.plain_text() == "Four."
    act(admin_client, post, "_publish_changes")
    post = Post.objects.get()
    assert post.snapshot() == before
    assert post.is_published
    assert Revision.objects.count() == 5


def test_restoring_a_revision_of_a_public_post_makes_a_pending_edit(admin_client: Client, client: Client) -> None:
    post = make_post(body="<p>Old.</p>")
    change(admin_client, post, body="<p>New.</p>")
    old = post.revisions.last()
    assert old is not None
    page = admin_client.post(reverse("admin:blog_post_revision", args=[post.pk, old.pk]), follow=True).text
    assert "Visitors still see the published text" in page
    assert "New." in client.get(post.get_absolute_url()).text
    assert PendingEdit.objects.get().data["body"] == "<p>Old.</p>"


def test_restoring_a_revision_of_a_draft_changes_the_draft(admin_client: Client) -> None:
    post = make_post(body="<p>Old.</p>", status=Post.Status.DRAFT, published_at=None)
    change(admin_client, post, body="<p>New.</p>")
    old = post.revisions.last()
    assert old is not None
    admin_client.post(reverse("admin:blog_post_revision", args=[post.pk, old.pk]))
    post.refresh_from_db()
    assert post.plain_text() == "Old."
    assert not PendingEdit.objects.exists()


def test_autosaves_and_unchanged_saves_create_no_revision(admin_client: Client) -> None:
    post = make_post()
    fields = post_form_data(post, body="<p>Typing</p>") | {"autosave_key": "0b8f4a44-6d8e-4c1c-9d4e-3f3f0f3c9a11"}
    for _ in range(5):
        assert admin_client.post(reverse("admin:blog_post_autosave", args=[post.pk]), fields).status_code == 200
    assert Autosave.objects.count() == 1
    assert not Revision.objects.exists()
    change(admin_client, post)
    change(admin_client, post)
    assert Revision.objects.count() == 1


def test_an_autosave_is_visible_to_its_author_only(admin_client: Client, admin_user: User) -> None:
    post = make_post()
    key = "0b8f4a44-6d8e-4c1c-9d4e-3f3f0f3c9a11"
    admin_client.post(
        reverse("admin:blog_post_autosave", args=[post.pk]),
        post_form_data(post, title="Secret") | {"autosave_key": key},
    )
    other = User.objects.create_superuser("other@example.com", "x")
    stranger = Client()
    stranger.force_login(other)
    address = reverse("admin:blog_post_change", args=[post.pk])
    assert "Secret" not in stranger.get(f"{address}?autosave={key}").content.decode()
    assert "Secret" in admin_client.get(address).content.decode()
    assert Client().post(reverse("admin:blog_post_autosave", args=[post.pk]), {}).status_code == 302


def test_two_first_autosaves_of_one_form_create_one_draft(admin_client: Client) -> None:
    fields = {"title": "Hips", "body": "<p>Sit.</p>", "autosave_key": "0b8f4a44-6d8e-4c1c-9d4e-3f3f0f3c9a11"}
    urls = {admin_client.post(reverse("admin:blog_post_autosave_new"), fields).json()["change_url"] for _ in range(2)}
    assert urls == {reverse("admin:blog_post_change", args=[Post.objects.get().pk])}
    assert Autosave.objects.get().data["body"] == ["<p>Sit.</p>"]


def test_key_of_an_autosave_cannot_be_used_for_another_document(admin_client: Client) -> None:
    fields = {"body": "<p>Sit.</p>", "autosave_key": "0b8f4a44-6d8e-4c1c-9d4e-3f3f0f3c9a11"}
    first, second = (reverse("admin:blog_post_autosave", args=[make_post(slug=slug).pk]) for slug in ("a", "b"))
    assert admin_client.post(first, fields).status_code == 200
    response = admin_client.post(second, fields)
    assert response.status_code == 409
    assert "another document" in response.json()["error"]


@pytest.mark.parametrize("sent", [{}, {"autosave_key": "no"}, {"autosave_key": "'; drop table"}])
def test_an_empty_autosave_is_rejected_with_a_message(admin_client: Client, sent: dict[str, str]) -> None:
    response = admin_client.post(reverse("admin:blog_post_autosave", args=[make_post().pk]), sent)
    assert response.status_code == 400
    assert "There was nothing to save" in response.json()["error"]


def test_a_preview_link_shows_the_draft_until_it_is_published(client: Client) -> None:
    post = make_post(status=Post.Status.DRAFT, title="For a friend")
    address = visibility.preview_url(post, "blog:preview").removeprefix("http://testserver")
    response = client.get(address)
    assert response.status_code == 200
    page = response.content.decode()
    assert "For a friend" in page
    assert "noindex" in page
    assert 'rel="canonical"' not in page
    assert response["Cache-Control"] == "private, no-store"
    assert response["Referrer-Policy"] == "no-referrer"
    post.publish()
    response = client.get(address)
    assert (response.status_code, response["Location"]) == (301, post.get_absolute_url())


def test_the_banner_of_a_draft_says_who_can_see_it(client: Client, admin_client: Client) -> None:
    post, page = make_post(status=Post.Status.DRAFT), make_page(status=Post.Status.DRAFT)
    for document, name in ((post, "blog:preview"), (page, "pages:preview")):
        shared = client.get(visibility.preview_url(document, name).removeprefix("http://testserver")).text
        shared = " ".join(shared.split())
        assert "Only people who have this link can see this page." in shared
        assert "sign in to the admin" not in shared
        own = " ".join(admin_client.get(document.get_absolute_url()).text.split())
        assert "Only people who can sign in to the admin can see this page." in own


def test_an_invalid_expired_or_revoked_preview_link_is_not_found(client: Client, admin_client: Client) -> None:
    post = make_post(status=Post.Status.DRAFT)
    address = visibility.preview_url(post, "blog:preview").removeprefix("http://testserver")
    assert client.get(address[:-3] + "xx/").status_code == 404
    assert client.get("/preview/nonsense/").status_code == 404
    later = timezone.now().timestamp() + visibility.PREVIEW_MAX_AGE + 60
    with mock.patch("django.core.signing.time.time", return_value=later):
        assert client.get(address).status_code == 404
    act(admin_client, post, "_revoke_preview_links")
    assert client.get(address).status_code == 404


def test_trashing_hides_a_post_and_restoring_brings_it_back_unchanged(admin_client: Client, client: Client) -> None:
    post = make_post(tags=["kept"], title="Thrown away")
    act(admin_client, post, "_trash")
    assert client.get(post.get_absolute_url()).status_code == 404
    assert admin_client.get(post.get_absolute_url()).status_code == 404
    for address in ("/", "/blog/", "/feed/", "/sitemap-posts.xml"):
        assert post.slug not in client.get(address).content.decode()
    assert "Thrown away" not in admin_client.get(reverse("admin:blog_post_changelist")).content.decode()
    assert (
        "Thrown away" in admin_client.get(reverse("admin:blog_post_changelist"), {"status": "trash"}).content.decode()
    )
    act(admin_client, post, "_restore")
    assert client.get(post.get_absolute_url()).status_code == 200
    assert [tag.name for tag in Post.objects.get().tags.all()] == ["kept"]


def test_only_trashed_documents_can_be_deleted(admin_client: Client) -> None:
    post = make_post()
    address = reverse("admin:blog_post_delete", args=[post.pk])
    assert admin_client.post(address, {"post": "yes"}).status_code == 403
    post.trash()
    admin_client.post(address, {"post": "yes"})
    assert not Post.objects.exists()


def test_bulk_actions(admin_client: Client) -> None:
    later = timezone.now() + timedelta(days=30)
    draft, empty, scheduled = (
        make_post(status=Post.Status.DRAFT, published_at=later),
        make_post(status=Post.Status.DRAFT, body="", title="Nothing in it"),
        make_post(published_at=later),
    )
    everything = [post.pk for post in (draft, empty, scheduled)]
    address = reverse("admin:blog_post_changelist")

    def run(name: str, query: str = "") -> str:
        sent = {"action": name, "_selected_action": everything}
        return admin_client.post(address + query, sent, follow=True).content.decode()

    said = run("publish_now")
    assert "2 posts published." in said
    assert "Not published because empty: Nothing in it." in said
    assert {post.pk for post in Post.objects.published()} == {draft.pk, scheduled.pk}
    run("unpublish")
    assert not Post.objects.published().exists()
    assert "3 posts moved to trash." in run("move_to_trash")
    assert Post.objects.trashed().count() == 3
    run("restore_from_trash", "?status=trash")
    assert Post.objects.drafts().count() == 3


def test_the_update_date_changes_only_on_request(admin_client: Client, client: Client) -> None:
    post = make_post()
    change(admin_client, post, body="<p>A mended typing error.</p>")
    assert "Updated" not in client.get(post.get_absolute_url()).content.decode()
    change(admin_client, post, body="<p>A new finding.</p>", change_text="A new finding.")
    post.refresh_from_db()
    assert post.updated_on == timezone.localdate()
    assert "Updated" in client.get(post.get_absolute_url()).content.decode()


def test_a_failed_save_does_not_change_the_status(admin_client: Client) -> None:
    make_post(slug="taken")
    post = make_post()
    said = change(admin_client, post, slug="taken", _draft="")
    assert "already has this URL" in said
    assert 'name="_draft"' in said
    post.refresh_from_db()
    assert post.is_published


def test_the_diff_marks_changed_words_and_no_equal_lines() -> None:
    rows = compare_html(
        "<p>Same.</p><p>Walk slowly &amp; far.</p><p>Gone.</p>", "<p>Same.</p><p>Walk quickly &amp; far.</p>"
    )
    assert [(row.old, row.new, row.is_changed) for row in rows] == [
        ("Same.", "Same.", False),
        ("Walk <del>slowly</del> &amp; far.", "Walk <ins>quickly</ins> &amp; far.", True),
        ("<del>Gone.</del>", None, True),
    ]
