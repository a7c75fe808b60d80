"""A pending edit whose data is damaged can be opened, refused with a sentence, and discarded."""

from typing import Any

import pytest
from django.test import Client

from publishing.models import PendingEdit
from tests.factories import make_post

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
