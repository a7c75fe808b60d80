"""The index is true right after every change, and can be made anew at any time."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from blog.demo.load_test import make_posts
from blog.models import Category, Post, Tag
from ptcomplete.management.commands.worker import JOBS, work_until_idle
from search.engine import find
from search.models import Entry, Word
from search.queries import Query
from tests.factories import make_author, make_category, make_post

pytestmark = pytest.mark.django_db


def found(typed: str, topic: str = "") -> list[str]:
    """The titles found."""
    return [str(hit.document) for hit in find(Query.read(typed), topic).hits]


def test_a_changed_text_is_found_by_its_new_words_alone() -> None:
    post = make_post(title="It", body="<p>femur</p>")
    post.body = "<p>tibia</p>"
    post.save()
    assert found("tibia") == ["It"]
    assert found("femur") == []


def test_a_post_is_gone_with_its_deletion_and_with_the_trash_and_back_from_there() -> None:
    post = make_post(title="It", body="<p>femur</p>")
    post.trash()
    assert found("femur") == []
    post.restore()
    assert found("femur") == ["It"]
    Post.objects.all().delete()
    assert found("femur") == []
    assert not Entry.objects.exists()


def test_tags_and_categories_are_words_as_soon_as_they_are_set_renamed_moved_or_deleted() -> None:
    first, other = make_category(name="Ankles", slug="first"), make_category(name="Wrists", slug="other")
    below = make_category(name="Sprains", slug="below", parent=first)
    post = make_post(title="It", categories=[below], tags=["Running"])
    assert found("sprains", "first") == found("running") == ["It"]
    tag = Tag.objects.get()
    tag.name = "Swimming"
    tag.save()
    assert found("swimming") == ["It"]
    assert found("running") == []
    first.parent = other
    first.save()
    assert found("sprains", "other") == ["It"]
    assert found("sprains", "first") == []
    below.refresh_from_db()
    below.name = "Strains"
    below.save()
    assert found("strains") == ["It"]
    post.tags.clear()
    assert found("swimming") == []
    post.tags.add("Cycling")
    Tag.objects.filter(name="Cycling").delete()
    assert found("cycling") == []
    Post.objects.update(primary_category=None)
    below.delete()
    assert found("strains") == []


def test_posts_put_into_a_category_from_its_side_are_heard_of() -> None:
    post, category = make_post(title="It"), make_category(name="Ankles")
    category.posts.add(post)
    assert found("ankles") == ["It"]
    category.posts.clear()
    assert found("ankles") == []


def test_a_change_that_is_rolled_back_leaves_the_index_as_it_was() -> None:
    post = make_post(title="It", body="<p>femur</p>")
    with transaction.atomic():
        post.body = "<p>tibia</p>"
        post.save()
        assert found("tibia") == ["It"]
        transaction.set_rollback(True)
    assert found("femur") == ["It"]
    assert found("tibia") == []


def test_a_text_of_any_length_is_saved_and_its_beginning_found() -> None:
    different = " ".join(f"{number:x}" for number in range(2**20, 2**20 + 300_000))
    make_post(title="It", body=f"<p>femur {different}</p>")
    assert found("femur") == ["It"]


def test_what_was_made_in_bulk_is_indexed_by_the_worker() -> None:
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
    assert found("femur") == []
    assert work_until_idle(lambda: False, JOBS)
    assert found("femur") == ["It"]


def test_posts_for_load_tests_are_found_at_once() -> None:
    call_command("seed_demo", posts=3, stdout=StringIO())
    post = Post.objects.order_by("pk").first()
    assert post is not None
    assert found(f'"{post.title}"') == [post.title]


def test_an_import_is_found_at_once(tmp_path: Path) -> None:
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
    assert found("femur") == found("bones") == ["It"]


@pytest.mark.django_db(transaction=True)
def test_the_index_can_be_made_anew_from_nothing_and_twice() -> None:
    make_post(title="It", body="<p>femur</p>", tags=["Running"], categories=[make_category(slug="pain")])
    Entry.objects.all().delete()
    Word.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(
            "DROP TABLE search_index" if connection.vendor == "sqlite" else "ALTER TABLE search_entry DROP vector"
        )
    for _ in range(2):
        out = StringIO()
        call_command("rebuild_search", stdout=out)
        assert out.getvalue() == "1 documents indexed.\n"
        assert found("femur running", "pain") == ["It"]
        assert Word.objects.filter(word="femur").count() == 1


@pytest.mark.django_db(transaction=True)
def test_rebuilding_forgets_entries_without_a_document() -> None:
    post = make_post(title="It", body="<p>femur</p>")
    Entry.objects.update(object_id=post.pk + 1)
    call_command("rebuild_search", stdout=StringIO())
    assert list(Entry.objects.values_list("object_id", flat=True)) == [post.pk]


def test_renaming_an_unused_category_or_saving_one_unchanged_writes_no_entry() -> None:
    category = make_category(name="Ankles")
    make_post(title="It", categories=[category])
    Entry.objects.update(keywords="as it was")
    category.description = "New"
    category.save()
    assert Entry.objects.get().keywords == "as it was"


def test_a_load_test_leaves_nothing_to_the_worker() -> None:
    Category.objects.create(name="Pain")
    make_posts(2)
    call_command("rebuild_search", missing=True, stdout=StringIO())
    assert Entry.objects.count() == Post.objects.count() == 2
