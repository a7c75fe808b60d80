"""The index is correct after every change, and can be rebuilt at any time."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from blog.demo.load_test import create_posts
from blog.models import Category, Post, Tag
from ptcomplete.management.commands.worker import JOBS, work_until_idle
from search.engine import search
from search.models import IndexEntry, VocabularyWord
from search.queries import Query
from tests.factories import make_author, make_category, make_post

pytestmark = pytest.mark.django_db


def titles(text: str, category: str = "") -> list[str]:
    """Return the titles found."""
    return [str(hit.document) for hit in search(Query.parse(text), category).hits]


def test_a_changed_text_is_found_only_by_its_new_words() -> None:
    post = make_post(title="It", body="<p>femur</p>")
    post.body = "<p>tibia</p>"
    post.save()
    assert titles("tibia") == ["It"]
    assert titles("femur") == []


def test_a_trashed_or_deleted_post_is_not_found_and_a_restored_one_is() -> None:
    post = make_post(title="It", body="<p>femur</p>")
    post.trash()
    assert titles("femur") == []
    post.restore()
    assert titles("femur") == ["It"]
    Post.objects.all().delete()
    assert titles("femur") == []
    assert not IndexEntry.objects.exists()


def test_setting_renaming_moving_and_deleting_tags_and_categories_updates_the_index() -> None:
    first, other = make_category(name="Ankles", slug="first"), make_category(name="Wrists", slug="other")
    below = make_category(name="Sprains", slug="below", parent=first)
    post = make_post(title="It", categories=[below], tags=["Running"])
    assert titles("sprains", "first") == titles("running") == ["It"]
    tag = Tag.objects.get()
    tag.name = "Swimming"
    tag.save()
    assert titles("swimming") == ["It"]
    assert titles("running") == []
    first.parent = other
    first.save()
    assert titles("sprains", "other") == ["It"]
    assert titles("sprains", "first") == []
    below.refresh_from_db()
    below.name = "Strains"
    below.save()
    assert titles("strains") == ["It"]
    post.tags.clear()
    assert titles("swimming") == []
    post.tags.add("Cycling")
    Tag.objects.filter(name="Cycling").delete()
    assert titles("cycling") == []
    Post.objects.update(primary_category=None)
    below.delete()
    assert titles("strains") == []


def test_posts_added_from_the_category_side_are_indexed() -> None:
    post, category = make_post(title="It"), make_category(name="Ankles")
    category.posts.add(post)
    assert titles("ankles") == ["It"]
    category.posts.clear()
    assert titles("ankles") == []


def test_a_rolled_back_change_does_not_affect_the_index() -> None:
    post = make_post(title="It", body="<p>femur</p>")
    with transaction.atomic():
        post.body = "<p>tibia</p>"
        post.save()
        assert titles("tibia") == ["It"]
        transaction.set_rollback(True)
    assert titles("femur") == ["It"]
    assert titles("tibia") == []


def test_a_text_of_any_length_is_saved_and_its_beginning_is_indexed() -> None:
    different = " ".join(f"{number:x}" for number in range(2**20, 2**20 + 300_000))
    make_post(title="It", body=f"<p>femur {different}</p>")
    assert titles("femur") == ["It"]


def test_the_worker_indexes_posts_created_in_bulk() -> None:
    Post.objects.bulk_create(
        [
            Post(
                title="It",
                slug="it",
                body="<p>femur</p>",
                author=make_author(),
                status="published",
                published_at="2020-01-01T00:00Z",
            )
        ]
    )
    assert titles("femur") == []
    assert work_until_idle(lambda: False, JOBS)
    assert titles("femur") == ["It"]


def test_posts_seeded_for_load_tests_are_found_immediately() -> None:
    call_command("seed_demo", posts=3, stdout=StringIO())
    post = Post.objects.order_by("pk").first()
    assert post is not None
    assert titles(f'"{post.title}"') == [post.title]


def test_imported_posts_are_found_immediately(tmp_path: Path) -> None:
    item = """<item><title>It</title><wp:post_id>1</wp:post_id><wp:post_type>post</wp:post_type>
        <wp:status>publish</wp:status><wp:post_date_gmt>2020-01-01 00:00:00</wp:post_date_gmt>
        <category domain="post_tag" nicename="bones"><![CDATA[Bones]]></category>
        <content:encoded><![CDATA[<p>About the femur.</p>]]></content:encoded></item>"""
    spaces = " ".join(
        f'xmlns:{name}="{address}"'
        for name, address in {
            "wp": "http://wordpress.org/export/1.2/",
            "content": "http://purl.org/rss/1.0/modules/content/",
        }.items()
    )
    file = tmp_path / "export.xml"
    file.write_text(f"<rss {spaces}><channel><wp:wxr_version>1.2</wp:wxr_version>{item}</channel></rss>")
    call_command("import_wordpress", str(file), stdout=StringIO())
    assert titles("femur") == titles("bones") == ["It"]


@pytest.mark.django_db(transaction=True)
def test_the_index_can_be_rebuilt_from_nothing_and_twice() -> None:
    make_post(title="It", body="<p>femur</p>", tags=["Running"], categories=[make_category(slug="pain")])
    IndexEntry.objects.all().delete()
    VocabularyWord.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(
            "DROP TABLE search_fulltext"
            if connection.vendor == "sqlite"
            else "ALTER TABLE search_indexentry DROP vector"
        )
    for _ in range(2):
        out = StringIO()
        call_command("rebuild_search", stdout=out)
        assert out.getvalue() == "1 document indexed.\n"
        assert titles("femur running", "pain") == ["It"]
        assert VocabularyWord.objects.filter(word="femur").count() == 1


@pytest.mark.django_db(transaction=True)
def test_rebuilding_deletes_entries_without_a_document() -> None:
    post = make_post(title="It", body="<p>femur</p>")
    IndexEntry.objects.update(object_id=post.pk + 1)
    call_command("rebuild_search", stdout=StringIO())
    assert list(IndexEntry.objects.values_list("object_id", flat=True)) == [post.pk]


def test_saving_a_category_without_changing_its_name_writes_no_entry() -> None:
    category = make_category(name="Ankles")
    make_post(title="It", categories=[category])
    IndexEntry.objects.update(keywords="unchanged")
    category.description = "New"
    category.save()
    assert IndexEntry.objects.get().keywords == "unchanged"


def test_rebuild_search_missing_indexes_every_seeded_post() -> None:
    Category.objects.create(name="Pain")
    create_posts(2)
    call_command("rebuild_search", missing=True, stdout=StringIO())
    assert IndexEntry.objects.count() == Post.objects.count() == 2
