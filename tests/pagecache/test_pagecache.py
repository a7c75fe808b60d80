"""Pages are kept for the next reader, and nobody is ever shown an old one."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Upper
from django.http import HttpResponse
from django.shortcuts import render
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Author
from affiliates.programs import Program
from blog.models import Category, Post
from blog.post_views import count_read
from pagecache.invalidation import _seen_tables
from pages.models import Page
from ptcomplete import views
from publishing.models import WorkingCopy
from siteinfo.models import SiteInfo, SocialLink
from tests.factories import make_category, make_page, make_post

pytestmark = pytest.mark.django_db(transaction=True)


def is_kept(reader: Client, path: str, **headers: str) -> bool:
    """Whether this reader was shown a page that was made before."""
    return "hit" in reader.get(path, headers=headers).get("Cache-Status", "")


def test_the_second_reader_of_a_page_gets_the_kept_one_for_a_single_query(reader: Client) -> None:
    path = make_post(title="Kept", body="<p>Some words.</p>").get_absolute_url()
    first = reader.get(path)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        second = reader.get(path)
    assert "Cache-Status" not in first
    assert second["Cache-Status"] == "pages; hit"
    assert (second.content, second["ETag"]) == (first.content, first["ETag"])
    assert second["Content-Security-Policy"] == first["Content-Security-Policy"]
    assert len(queries) == 1


def test_another_text_makes_only_its_own_page_new(reader: Client) -> None:
    edited, other = make_post(title="Edited", body="<p>Before.</p>"), make_post(title="Other")
    places = [edited.get_absolute_url(), other.get_absolute_url(), "/", "/blog/"]
    for path in places:
        reader.get(path)
    edited.body, edited.excerpt = "<p>After.</p>", edited.summary
    edited.save()
    # The words shown in lists changed with it, so let them be as they are and change the text alone.
    for path in places:
        reader.get(path)
    edited.body = "<p>At last.</p>"
    edited.save()
    assert [is_kept(reader, path) for path in places] == [False, True, True, True]
    assert b"At last." in reader.get(places[0]).content


def test_a_page_whose_address_has_other_letters_is_new_after_its_text_changed(reader: Client) -> None:
    post = make_post(slug="колено", body="<p>Before.</p>", excerpt="Always the same.")
    reader.get(post.get_absolute_url())
    post.body = "<p>After.</p>"
    post.save()
    assert b"After." in reader.get(post.get_absolute_url()).content


def change_title(post: Post) -> None:
    post.title = "Another title"
    post.save()


def change_by_expression(post: Post) -> None:
    author = Author.objects.get(pk=post.author_id)
    author.name = Upper("name")
    author.save()


def change_by_hand(post: Post) -> None:
    with connection.cursor() as cursor:
        cursor.execute("\n  update blog_post set is_featured = %s", [True])


def change_short_version(post: Post) -> None:
    post.tldr = "Walk before you run."
    post.save()


CHANGES: dict[str, Callable[[Post], object]] = {
    "a title": change_title,
    "a new post": lambda post: make_post(title="New"),
    "an update of rows": lambda post: Post.objects.filter(pk=post.pk).update(is_featured=True),
    "the trash": lambda post: post.trash(),
    "a deletion": lambda post: post.delete(),
    "a tag": lambda post: post.tags.add("knees"),
    "a new category": lambda post: make_category(name="Hips"),
    "rows written at once": lambda post: Category.objects.bulk_create(
        [Category(name="A", slug="a", path="a", position=9)]
    ),
    "a page in the menu": lambda post: make_page(title="Services", show_in_menu=True),
    "the site's name": lambda post: SiteInfo.objects.update_or_create(defaults={"name": "Another name"}),
    "a profile": lambda post: SocialLink.objects.create(
        site=SiteInfo.get_solo(), network="instagram", url="https://example.com/us"
    ),
    "the author": lambda post: Author.objects.update(name="Another name"),
    "what the database works out": change_by_expression,
    "a statement by hand": change_by_hand,
    "the short version, which says what the post is like": change_short_version,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_shows_elsewhere_makes_every_page_new(reader: Client, change: Callable[[Post], object]) -> None:
    post, other = make_post(title="Changed"), make_post(title="Other")
    places = [other.get_absolute_url(), "/", "/blog/"]
    for path in places:
        reader.get(path)
    change(post)
    assert not any(is_kept(reader, path) for path in places)
    assert all(is_kept(reader, path) for path in places)


def save_draft() -> None:
    draft = make_post(title="Not yet", status=Post.Status.DRAFT)
    draft.body = "<p>More words.</p>"
    draft.save()


def test_what_readers_do_not_see_makes_nothing_new(reader: Client, signed_in: Client) -> None:
    post = make_post(title="Quiet")
    save_draft()  # makes an author or topic if there was none
    places = [post.get_absolute_url(), "/", "/blog/"]
    for path in places:
        reader.get(path)
    save_draft()
    count_read(post.pk)
    signed_in.get("/admin/")
    key = "11111111-1111-4111-8111-111111111111"
    WorkingCopy.objects.create(document=post, key=key, base_version=1, data={"title": ["typing"]})
    reader.get("/nothing/here/")
    assert all(is_kept(reader, path) for path in places)


def test_a_page_above_others_takes_them_along_even_as_a_draft(reader: Client) -> None:
    above = make_page(title="Above", status=Page.Status.DRAFT)
    below = make_page(title="Below", parent=above, body="<p>Words.</p>")
    assert reader.get(below.get_absolute_url()).status_code == 200
    above.slug = "moved"
    above.save()
    assert reader.get(below.get_absolute_url()).status_code == 301
    assert reader.get(f"/moved/{below.slug}/").status_code == 200


def test_what_is_not_settled_is_neither_kept_nor_lost(reader: Client) -> None:
    post = make_post(title="Before")
    with transaction.atomic():
        change_title(post)
        assert b"Another title" in reader.get("/").content
        transaction.set_rollback(True)
    assert b"Another title" not in reader.get("/").content
    assert is_kept(reader, "/")
    with transaction.atomic():
        change_title(post)
    assert not is_kept(reader, "/")
    assert b"Another title" in reader.get("/").content


def test_a_text_whose_time_comes_is_there_at_once(reader: Client) -> None:
    due = timezone.now() + timedelta(seconds=1.5)
    make_post(title="In a moment", published_at=due)
    assert b"In a moment" not in reader.get("/").content
    time.sleep(max(0, (due - timezone.now()).total_seconds()) + 0.05)
    assert b"In a moment" in reader.get("/").content


def test_a_text_whose_time_comes_while_a_page_is_made_is_on_the_next_one(
    reader: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    due = timezone.now() + timedelta(seconds=1)
    make_post(title="In a moment", published_at=due)

    def slowly(*args: Any, **kwargs: Any) -> HttpResponse:
        response = render(*args, **kwargs)
        time.sleep(max(0, (due - timezone.now()).total_seconds()) + 0.05)
        return response

    monkeypatch.setattr(views, "render", slowly)
    assert b"In a moment" not in reader.get("/").content
    assert b"In a moment" in reader.get("/").content


def test_the_desk_neither_gets_kept_pages_nor_leaves_its_own(reader: Client, signed_in: Client) -> None:
    path = make_post(title="Draft", status=Post.Status.DRAFT).get_absolute_url()
    assert signed_in.get(path).status_code == 200
    assert reader.get(path).status_code == 404
    reader.get("/")
    assert not is_kept(signed_in, "/")


def test_forms_and_searches_are_made_for_each_reader(reader: Client) -> None:
    for path in ("/contact/", "/search/?q=knee", "/blog/?utm_source=mail", "/nothing/here/"):
        reader.get(path)
        assert not is_kept(reader, path)


@pytest.mark.parametrize("path", ["/%00", "/a%00b/", "/blog/%00/", "/%ff/", f"/{'a' * 600}/"])
def test_an_address_that_no_database_can_be_asked_for_is_answered(reader: Client, path: str) -> None:
    assert reader.get(path).status_code in {301, 404}


def test_each_page_of_a_list_is_kept_by_itself(reader: Client) -> None:
    for number in range(15):
        make_post(title=f"Post {number}")
    first, second = reader.get("/blog/"), reader.get("/blog/?page=2")
    assert first.content != second.content
    assert reader.get("/blog/?page=2").content == second.content
    assert is_kept(reader, "/blog/?page=2")


def test_browsers_that_have_the_page_are_told_so(reader: Client) -> None:
    tag = reader.get("/")["ETag"]
    again = reader.get("/", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    make_post(title="New")
    assert reader.get("/", headers={"If-None-Match": tag}).status_code == 200


def test_a_browser_without_compression_gets_no_compressed_page(reader: Client) -> None:
    make_post(title="Words", body=f"<p>{'Many words. ' * 100}</p>")
    assert reader.get("/", headers={"Accept-Encoding": "gzip"})["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in reader.get("/")
    assert is_kept(reader, "/", **{"Accept-Encoding": "gzip"})


def test_only_named_tables_are_ignored_and_each_of_them_exists() -> None:
    names = {name for model in apps.get_models() for name in (model._meta.app_label, model._meta.label)}
    assert set(settings.PAGE_CACHE_IGNORED_MODELS) <= names
    assert {"blog_post", "blog_post_categories", "blog_snippet", "images_image"} <= _seen_tables()
    assert not {"django_session", "blog_readcount", "search_entry", "pagecache_stamp"} & _seen_tables()


def test_the_first_paid_link_brings_its_programs_words_to_the_foot_of_every_page(reader: Client) -> None:
    shop = Program.objects.create(name="A shop", hosts="shop.example.com", statements="We earn from A shop.")
    post = make_post(title="With a link", body="<p>Words.</p>", excerpt="Always the same.")
    assert b"We earn from A shop." not in reader.get("/blog/").content
    post.body = f'<p>See <a href="https://{shop.hosts}/mat">a mat</a>.</p>'
    post.save()
    assert b"We earn from A shop." in reader.get("/blog/").content


@pytest.mark.django_db
def test_an_address_that_no_database_can_ask_for_is_not_found(reader: Client) -> None:
    assert reader.get("/newsletter/p/%00/").status_code == 404
