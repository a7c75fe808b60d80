"""Damaged pending edits, revisions and autosaves can be opened without their damaged parts, which are named."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import User
from blog.models import Post
from publishing import revisions
from publishing.models import Autosave, PendingEdit, Revision
from tests.factories import make_campaign, make_post

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "damage",
    [
        {"author": 987_654},
        {"author": "nobody"},
        {"title": None},
        {"published_at": "yesterday"},
        {"primary_category": [1]},
        {"categories": 3},
        {"unknown": "x"},
    ],
    ids=str,
)
def test_publish_changes_is_refused_with_a_sentence(admin_client: Client, damage: dict[str, Any]) -> None:
    post = make_post(title="Knees")
    url = f"/admin/blog/post/{post.pk}/change/"
    edit = PendingEdit.objects.create(document=post, data={})
    # Not through save(), which reads the text.
    PendingEdit.objects.filter(pk=edit.pk).update(data=post.snapshot() | {"title": "Hips"} | damage)
    response = admin_client.post(url, {"_publish_changes": ""}, follow=True)
    assert response.status_code == 200
    post.refresh_from_db()
    is_published = "were published." in response.content.decode()
    assert is_published or "The changes were not published" in response.content.decode()
    assert post.title == ("Hips" if is_published else "Knees")
    assert PendingEdit.objects.exists() is not is_published
    assert admin_client.post(url, {"_discard_changes": ""}, follow=True).status_code == 200
    assert not PendingEdit.objects.exists()


DAMAGED_PARTS = [
    ({"body": 5}, "text"),
    ({"body": ["<p>x</p>"]}, "text"),
    ({"tags": {"a": 1}}, "Tags"),
    ({"tags": None}, "Tags"),
    ({"featured_image": "a.jpg"}, "featured image"),
    ({"featured_image": {"id": 1}}, "featured image"),
    ({"featured_image": 10**30}, "featured image"),
    ({"categories": "3"}, "categories"),
    ({"categories": [True, "x"]}, "categories"),
    ({"title": 3.5}, "title"),
    ({"title": "a\0b"}, "title"),
    ({"hides_from_search": "perhaps"}, "hide from search engines"),
    ({"series_position": "first"}, "part"),
    ({"series_position": -(10**20)}, "part"),
]


def _damaged(model: type[PendingEdit | Revision], post: Post, data: Any) -> Any:
    row = model.objects.create(document=post, data={})
    # Not through save(), which reads the text.
    model.objects.filter(pk=row.pk).update(data=data)
    return row


@pytest.mark.parametrize(("damage", "label"), DAMAGED_PARTS, ids=str)
def test_form_opens_without_the_damaged_part_and_names_it(
    admin_client: Client, damage: dict[str, Any], label: str
) -> None:
    post = make_post(title="Knees", body="<p>Saved words.</p>")
    if "\0" in str(damage.get("title")) and connection.vendor == "postgresql":
        pytest.skip("PostgreSQL stores no such character.")
    _damaged(PendingEdit, post, post.snapshot() | {"excerpt": "A new excerpt"} | damage)
    page = admin_client.get(f"/admin/blog/post/{post.pk}/change/")
    assert page.status_code == 200
    assert f"was left out: {label}" in page.text
    assert "A new excerpt" in page.text
    # The form shows what is saved in its place.
    assert "Saved words." in page.text
    assert revisions.publish_due_edits() == 0


@pytest.mark.parametrize("data", [0, 5, "text", ["body"]], ids=str)
def test_form_opens_on_the_saved_text_if_nothing_of_an_edit_can_be_read(admin_client: Client, data: Any) -> None:
    post = make_post(title="Knees")
    _damaged(PendingEdit, post, data)
    page = admin_client.get(f"/admin/blog/post/{post.pk}/change/")
    assert page.status_code == 200
    assert "was left out: everything" in page.text
    response = admin_client.post(f"/admin/blog/post/{post.pk}/change/", {"_publish_changes": ""}, follow=True)
    assert "The changes were not published" in response.text


def test_field_that_is_no_content_does_not_reach_the_form(admin_client: Client) -> None:
    post = make_post(title="Knees")
    _damaged(PendingEdit, post, post.snapshot() | {"published_at": {"day": 1}, "slug": 7})
    page = admin_client.get(f"/admin/blog/post/{post.pk}/change/")
    assert page.status_code == 200
    assert "left out" not in page.text


@pytest.mark.parametrize(("damage", "label"), DAMAGED_PARTS[:10], ids=str)
def test_revision_is_compared_and_restored_without_the_damaged_part(
    admin_client: Client, damage: dict[str, Any], label: str
) -> None:
    post = make_post(title="Knees", body="<p>Saved words.</p>", status="draft")
    revision = _damaged(Revision, post, post.snapshot() | {"excerpt": "Earlier excerpt"} | damage)
    url = reverse("admin:blog_post_revision", args=[post.pk, revision.pk])
    page = admin_client.get(url)
    assert page.status_code == 200
    assert f"was left out: {label}" in page.text
    assert admin_client.post(url, follow=True).status_code == 200
    post.refresh_from_db()
    assert (post.title, post.body, post.excerpt) == ("Knees", "<p>Saved words.</p>", "Earlier excerpt")


@pytest.mark.parametrize(
    ("damage", "label"),
    [({"body": 5}, "body"), ({"body": "<p>x</p>"}, "body"), ({"tags": {"a": 1}}, "tags"), ({"title": [1]}, "title")],
    ids=str,
)
def test_autosave_is_restored_and_previewed_without_the_damaged_field(
    admin_client: Client, admin_user: User, damage: dict[str, Any], label: str
) -> None:
    post = make_post(title="Knees")
    fields = {"title": ["Knees"], "excerpt": ["Typed excerpt"], "body": ["<p>Typed.</p>"]} | damage
    autosave = Autosave.objects.create(document=post, user=admin_user, key=uuid4(), base_version=1, data=fields)
    Autosave.objects.update(base_version=post.version)
    page = admin_client.get(f"/admin/blog/post/{post.pk}/change/")
    assert page.status_code == 200
    assert f"was left out: {label}" in page.text
    assert "Typed excerpt" in page.text
    preview = admin_client.get(f"/admin/blog/post/{post.pk}/preview/?autosave={autosave.key}")
    assert preview.status_code == 200


def test_autosave_of_a_campaign_is_restored_without_the_damaged_field(admin_client: Client, admin_user: User) -> None:
    campaign = make_campaign(status="draft", subject="Stairs")
    data = {"subject": ["Typed subject"], "body": 7}
    Autosave.objects.create(document=campaign, user=admin_user, key=uuid4(), base_version=campaign.version, data=data)
    page = admin_client.get(f"/admin/newsletter/campaign/{campaign.pk}/change/")
    assert page.status_code == 200
    assert "was left out: body" in page.text
    assert "Typed subject" in page.text
