"""Pages are cached for the next visitor, and nobody is ever shown a stale one."""

import gzip
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import brotli
import pytest
import zstandard
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
from affiliates.models import Program
from blog.models import Category, Post
from blog.models.view_counts import count_view
from pagecache.invalidation import public_tables
from pagecache.storage import page_store
from pages.models import Page
from ptcomplete import views
from publishing.models import Autosave
from siteinfo.models import SiteInfo, SocialLink
from tests.factories import make_category, make_page, make_post

pytestmark = pytest.mark.django_db(transaction=True)


def is_cached(client: Client, path: str, **headers: str) -> bool:
    """Return whether the response comes from the cache."""
    return "hit" in client.get(path, headers=headers).get("Cache-Status", "")


def test_the_second_visitor_gets_the_cached_page_for_a_single_query(client: Client) -> None:
    path = make_post(title="Cached", body="<p>Some words.</p>").get_absolute_url()
    first = client.get(path)
    with CaptureQueriesContext(connection) as queries:
        second = client.get(path)
    assert "Cache-Status" not in first
    assert second["Cache-Status"] == "pages; hit"
    assert (second.content, second["ETag"]) == (first.content, first["ETag"])
    assert second["Content-Security-Policy"] == first["Content-Security-Policy"]
    assert len(queries) == 1


def test_a_changed_body_invalidates_only_its_own_page(client: Client) -> None:
    edited, other = make_post(title="Edited", body="<p>Before.</p>"), make_post(title="Other")
    paths = [edited.get_absolute_url(), other.get_absolute_url(), "/", "/blog/"]
    for path in paths:
        client.get(path)
    edited.body, edited.excerpt = "<p>After.</p>", edited.summary
    edited.save()
    # The summary changed too, so every page was stale. From here on only the body changes.
    for path in paths:
        client.get(path)
    edited.body = "<p>At last.</p>"
    edited.save()
    assert [is_cached(client, path) for path in paths] == [False, True, True, True]
    assert b"At last." in client.get(paths[0]).content


def test_a_page_with_a_non_ascii_path_is_invalidated_when_its_body_changes(client: Client) -> None:
    post = make_post(slug="колено", body="<p>Before.</p>", excerpt="Always the same.")
    client.get(post.get_absolute_url())
    post.body = "<p>After.</p>"
    post.save()
    assert b"After." in client.get(post.get_absolute_url()).content


def change_title(post: Post) -> None:
    post.title = "Another title"
    post.save()


def change_by_expression(post: Post) -> None:
    author = Author.objects.get(pk=post.author_id)
    author.name = Upper("name")
    author.save()


def change_by_sql(post: Post) -> None:
    with connection.cursor() as cursor:
        cursor.execute("\n  update blog_post set is_featured = %s", [True])


def change_tldr(post: Post) -> None:
    post.tldr = "Walk before you run."
    post.save()


CHANGES: dict[str, Callable[[Post], object]] = {
    "a title": change_title,
    "a new post": lambda post: make_post(title="New"),
    "a queryset update": lambda post: Post.objects.filter(pk=post.pk).update(is_featured=True),
    "moving to the trash": lambda post: post.trash(),
    "a deletion": lambda post: post.delete(),
    "a tag": lambda post: post.tags.add("knees"),
    "a new category": lambda post: make_category(name="Hips"),
    "a bulk create": lambda post: Category.objects.bulk_create([Category(name="A", slug="a", path="a", position=9)]),
    "a page in the menu": lambda post: make_page(title="Services", show_in_menu=True),
    "the site name": lambda post: SiteInfo.objects.update_or_create(defaults={"name": "Another name"}),
    "a social profile": lambda post: SocialLink.objects.create(
        site=SiteInfo.get_solo(), network="instagram", url="https://example.com/us"
    ),
    "the author": lambda post: Author.objects.update(name="Another name"),
    "a database expression": change_by_expression,
    "a raw SQL statement": change_by_sql,
    "the TL;DR, which related posts depend on": change_tldr,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_changes_visible_on_other_pages_invalidate_every_page(client: Client, change: Callable[[Post], object]) -> None:
    post, other = make_post(title="Changed"), make_post(title="Other")
    paths = [other.get_absolute_url(), "/", "/blog/"]
    for path in paths:
        client.get(path)
    change(post)
    assert not any(is_cached(client, path) for path in paths)
    assert all(is_cached(client, path) for path in paths)


def save_draft() -> None:
    draft = make_post(title="Not yet", status=Post.Status.DRAFT)
    draft.body = "<p>More words.</p>"
    draft.save()


def test_changes_visitors_cannot_see_invalidate_nothing(client: Client, admin_client: Client) -> None:
    post = make_post(title="Quiet")
    save_draft()  # creates the author and category if there are none
    paths = [post.get_absolute_url(), "/", "/blog/"]
    for path in paths:
        client.get(path)
    save_draft()
    count_view(post.pk)
    admin_client.get("/admin/")
    key = "11111111-1111-4111-8111-111111111111"
    Autosave.objects.create(document=post, key=key, base_version=1, data={"title": ["typing"]})
    client.get("/nothing/here/")
    assert all(is_cached(client, path) for path in paths)


def test_renaming_a_draft_parent_invalidates_the_pages_below_it(client: Client) -> None:
    parent = make_page(title="Parent", status=Page.Status.DRAFT)
    child = make_page(title="Child", parent=parent, body="<p>Words.</p>")
    assert client.get(child.get_absolute_url()).status_code == 200
    parent.slug = "moved"
    parent.save()
    assert client.get(child.get_absolute_url()).status_code == 301
    assert client.get(f"/moved/{child.slug}/").status_code == 200


def test_only_committed_changes_are_cached(client: Client) -> None:
    post = make_post(title="Before")
    with transaction.atomic():
        change_title(post)
        assert b"Another title" in client.get("/").content
        transaction.set_rollback(True)
    assert b"Another title" not in client.get("/").content
    assert is_cached(client, "/")
    with transaction.atomic():
        change_title(post)
    assert not is_cached(client, "/")
    assert b"Another title" in client.get("/").content


def test_a_scheduled_post_appears_on_time(client: Client) -> None:
    due = timezone.now() + timedelta(seconds=1.5)
    make_post(title="In a moment", published_at=due)
    assert b"In a moment" not in client.get("/").content
    time.sleep(max(0, (due - timezone.now()).total_seconds()) + 0.05)
    assert b"In a moment" in client.get("/").content


def test_a_post_published_while_a_page_renders_is_in_the_next_response(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    due = timezone.now() + timedelta(seconds=1)
    make_post(title="In a moment", published_at=due)

    def render_slowly(*args: Any, **kwargs: Any) -> HttpResponse:
        response = render(*args, **kwargs)
        time.sleep(max(0, (due - timezone.now()).total_seconds()) + 0.05)
        return response

    monkeypatch.setattr(views, "render", render_slowly)
    assert b"In a moment" not in client.get("/").content
    assert b"In a moment" in client.get("/").content


def test_signed_in_users_neither_get_nor_store_cached_pages(client: Client, admin_client: Client) -> None:
    path = make_post(title="Draft", status=Post.Status.DRAFT).get_absolute_url()
    assert admin_client.get(path).status_code == 200
    assert client.get(path).status_code == 404
    client.get("/")
    assert not is_cached(admin_client, "/")


def test_only_public_pages_with_known_parameters_are_cached(client: Client) -> None:
    make_post(title="Knee")
    for path in ("/contact/", "/nothing/here/", "/blog/?order=old", "/blog/?page=1&x=1", "/?page=2", "/admin/login/"):
        size = page_store.size
        client.get(path)
        assert not is_cached(client, path)
        assert page_store.size == size, path
    for path in ("/search/?q=knee", "/feed/", "/feed/atom/", "/sitemap.xml", "/sitemap-posts.xml", "/robots.txt"):
        client.get(path)
        assert is_cached(client, path), path


def test_tracking_parameters_do_not_matter(client: Client) -> None:
    client.get("/blog/?utm_source=mail&utm_campaign=may")
    assert is_cached(client, "/blog/")
    assert is_cached(client, "/blog/?fbclid=abc")
    assert b"fbclid" not in client.get("/blog/?fbclid=abc").content


def test_feeds_sitemaps_and_searches_show_a_changed_body_at_once(client: Client) -> None:
    post = make_post(title="Edited", body="<p>Before.</p>", excerpt="Always the same.")
    other = make_post(title="Other").get_absolute_url()
    paths = ["/feed/", "/search/?q=afterwards", "/sitemap-posts.xml"]
    for path in [*paths, other]:
        client.get(path)
    post.body = "<p>Afterwards.</p>"
    post.save()
    assert [is_cached(client, path) for path in [*paths, other]] == [False, False, False, True]
    assert b"Afterwards." in client.get("/feed/").content
    assert b"Edited" in client.get("/search/?q=afterwards").content


@pytest.mark.parametrize("path", ["/%00", "/a%00b/", "/blog/%00/", "/%ff/", f"/{'a' * 600}/"])
def test_paths_that_cannot_be_looked_up_in_a_database_get_a_response(client: Client, path: str) -> None:
    assert client.get(path).status_code in {301, 404}


def test_each_page_of_a_list_is_cached_separately(client: Client) -> None:
    for number in range(15):
        make_post(title=f"Post {number}")
    first, second = client.get("/blog/"), client.get("/blog/?page=2")
    assert first.content != second.content
    assert client.get("/blog/?page=2").content == second.content
    assert is_cached(client, "/blog/?page=2")


def test_browsers_that_have_the_current_page_get_304(client: Client) -> None:
    etag = client.get("/")["ETag"]
    again = client.get("/", headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    make_post(title="New")
    assert client.get("/", headers={"If-None-Match": etag}).status_code == 200


DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "gzip": gzip.decompress,
    "br": brotli.decompress,
    "zstd": zstandard.decompress,
}


def test_every_encoding_is_the_same_page_with_an_etag_of_its_own(client: Client) -> None:
    make_post(title="Long", body=f"<p>{'Many words. ' * 100}</p>")
    etags = set()
    for encoding, decode in DECODERS.items():
        for _ in range(2):
            response = client.get("/", headers={"Accept-Encoding": encoding})
            assert response.get("Content-Encoding", "") == encoding
            assert response["Content-Length"] == str(len(response.content))
            assert b"Long</a>" in decode(response.content)
            assert "Accept-Encoding" in response["Vary"]
        assert response["Cache-Status"] == "pages; hit"
        etags.add(response["ETag"])
        again = client.get("/", headers={"Accept-Encoding": encoding, "If-None-Match": response["ETag"]})
        assert (again.status_code, again["ETag"]) == (304, response["ETag"])
    assert len(etags) == len(DECODERS)
    assert not any(etag.startswith("W/") for etag in etags)


def test_uncached_responses_are_compressed_too(client: Client) -> None:
    assert client.get("/nothing/here/", headers={"Accept-Encoding": "gzip"})["Content-Encoding"] == "gzip"


def test_gzip_is_not_sent_to_clients_that_exclude_it(client: Client, admin_client: Client) -> None:
    headers = {"Accept-Encoding": "gzip;q=0, *;q=0"}
    for response in (client.get("/nothing/here/", headers=headers), admin_client.get("/admin/", headers=headers)):
        assert "Content-Encoding" not in response
        assert "Accept-Encoding" in response["Vary"]


def test_a_head_request_describes_the_cached_page_without_its_body(client: Client) -> None:
    page = client.get("/")
    head = client.head("/")
    assert (head.content, head["Content-Length"], head["ETag"]) == (b"", page["Content-Length"], page["ETag"])


def test_a_range_request_gets_the_whole_page(client: Client) -> None:
    page = client.get("/")
    part = client.get("/", headers={"Range": "bytes=0-9"})
    assert (part.status_code, part.content) == (200, page.content)


def test_browsers_and_proxies_must_ask_before_they_show_a_page_again(client: Client) -> None:
    assert client.get("/")["Cache-Control"] == "public, max-age=0, must-revalidate"


def test_an_unknown_host_gets_no_cached_page(client: Client) -> None:
    client.get("/")
    assert client.get("/", headers={"Host": "other.example"}).status_code == 400


@pytest.mark.parametrize("host", ["testserver:1", "testserver:65535", "TESTSERVER", "testserver."])
def test_a_page_is_stored_once_for_every_port_and_spelling_of_the_host(client: Client, host: str) -> None:
    client.get("/", headers={"Host": "testserver"})
    assert is_cached(client, "/", Host=host)


@pytest.mark.parametrize("host", ["not a host", "testserver:port", ":80"])
def test_an_invalid_host_gets_no_cached_page(client: Client, host: str) -> None:
    client.get("/")
    assert client.get("/", headers={"Host": host}).status_code == 400


def test_concurrent_requests_for_a_new_page_render_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rendered = []

    def render_slowly(*args: Any, **kwargs: Any) -> HttpResponse:
        rendered.append(1)
        time.sleep(0.3)
        return render(*args, **kwargs)

    def get_home() -> bytes:
        try:
            return Client().get("/").content
        finally:
            connection.close()

    monkeypatch.setattr(views, "render", render_slowly)
    with ThreadPoolExecutor(4) as pool:
        pages = {future.result() for future in [pool.submit(get_home) for _ in range(4)]}
    assert (len(rendered), len(pages)) == (1, 1)


def test_ignored_models_exist_and_only_their_tables_are_ignored() -> None:
    names = {name for model in apps.get_models() for name in (model._meta.app_label, model._meta.label)}
    assert set(settings.PAGE_CACHE_IGNORED_MODELS) <= names
    assert {"blog_post", "blog_post_categories", "blog_snippet", "images_image"} <= public_tables()
    assert not {"django_session", "blog_postviewcount", "search_indexentry", "pagecache_cacheversion"} & public_tables()


def test_the_first_affiliate_link_adds_the_program_statement_to_every_footer(client: Client) -> None:
    shop = Program.objects.create(name="A shop", hosts="shop.example.com", statements="We earn from A shop.")
    post = make_post(title="With a link", body="<p>Words.</p>", excerpt="Always the same.")
    assert b"We earn from A shop." not in client.get("/blog/").content
    post.body = f'<p>See <a href="https://{shop.hosts}/mat">a mat</a>.</p>'
    post.save()
    assert b"We earn from A shop." in client.get("/blog/").content


def test_a_newsletter_token_with_a_nul_byte_is_not_found(client: Client) -> None:
    assert client.get("/newsletter/p/%00/").status_code == 404
