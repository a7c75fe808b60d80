"""Spellings of a name that searches take for the same are one tag."""

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client

from blog.models import Post, Tag
from redirects.models import Redirect
from tests.factories import make_post

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Épaule", "épaule"),
        ("Épaule", "E\u0301PAULE"),
        ("Straße", "STRASSE"),
        ("Knee", "knee"),
        ("Knee", "Ｋnee"),
        ("Knee pain", "knee\u00a0pain"),
        ("physiotherapy", "physio\u00adtherapy"),
        ("🦵", "🦵"),
    ],
)
def test_another_spelling_is_the_same_tag(first: str, second: str) -> None:
    post, other = make_post(tags=[first]), make_post()
    other.tags.add(second)
    both = make_post(tags=[first, second, "Hips"])
    assert [tag.name for tag in Tag.objects.exclude(name="Hips")] == [first]
    assert post.tags.get() == other.tags.get()
    assert both.tags.count() == 2
    both.tags.set([second])
    assert both.tags.get() == post.tags.get()


def test_the_admin_and_the_database_refuse_another_spelling(admin_client: Client) -> None:
    tag = Tag.objects.create(name="Épaule")
    with pytest.raises(ValidationError, match="The tag “Épaule” already exists"):
        Tag(name="épaule", slug="x").full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        Tag.objects.create(name="épaule")
    response = admin_client.post("/admin/blog/tag/add/", {"name": "EPAULE", "slug": "epaule"})
    assert "already exists" in response.text
    tag.name = "épaule"
    tag.full_clean()
    tag.save(update_fields=["name"])
    assert Tag.objects.get().key == "epaule"


def test_the_migration_merges_spellings_and_redirects_their_urls() -> None:
    first, second, both = make_post(), make_post(), make_post()
    main, other = Tag.objects.create(name="Épaule"), Tag.objects.create(name="Shoulder")
    for post, tags in ((first, [main]), (second, [other]), (both, [main, other])):
        post.tags.set(tags)
    Tag.objects.filter(pk=main.pk).update(key="a")
    Tag.objects.filter(pk=other.pk).update(name="épaule", key="b")
    Redirect.objects.create(old_path="/old", target=other.get_absolute_url(), target_path="/tag/shoulder")
    migration: Any = import_module("blog.migrations.0004_one_tag_per_spelling")
    migration.merge_spellings(apps, connection.schema_editor())
    assert list(Tag.objects.values_list("name", "key")) == [("Épaule", "epaule")]
    assert [post.tags.get() for post in Post.objects.all()] == [main] * 3
    targets = dict(Redirect.objects.values_list("old_path", "target"))
    assert targets == {"/old": "/tag/épaule/", "/tag/shoulder": "/tag/épaule/"}
