"""Test the import of pages, their paths, and links: repeatable, and without overwriting the author's changes."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.test import Client

from blog.models import Post
from pages.models import Page
from pages.starter_pages import create_starter_pages
from redirects.models import Redirect
from tests.factories import make_page, make_post
from tests.wordpress.exports import Writer, all_rows, item
from wordpress import path_mapping
from wordpress.models import ImportedObject

pytestmark = pytest.mark.django_db
SITE = "https://old.example"


def page(number: int = 1, slug: str = "", **values: Any) -> str:
    """Return a page item. Its link is made from its slug unless `link` is given."""
    slug = slug or f"page-{number}"
    return item(number, **{"kind": "page", "title": f"Page {number}", "slug": slug, "body": f"Text {number}."} | values)


def page_paths() -> dict[str, str]:
    """Return the paths of all pages by title."""
    return dict(Page.objects.values_list("title", "path"))


def location(client: Client, url: str) -> tuple[int, str]:
    response = client.get(url)
    return response.status_code, response.get("Location", "")


def test_page_is_imported_with_its_text_dates_and_position(write: Writer, client: Client) -> None:
    path = write(page(order=7, modified="2021-06-02 10:00:00", body="One.\n\nTwo [gallery]."))
    call_command("import_wordpress", path)
    found = Page.objects.get()
    assert (found.body, found.position, str(found.updated_on)) == ("<p>One.</p>\n<p>Two .</p>", 7, "2021-06-02")
    assert str(found.published_at) == "2020-05-01 10:00:00+00:00"
    assert client.get("/page-1/").status_code == 200
    assert not Post.objects.exists()


def test_pages_are_nested_in_any_file_order_and_depth(write: Writer, client: Client) -> None:
    deep = [page(number, parent=number + 1, link=f"{SITE}/x/") for number in range(1, 5)]
    call_command("import_wordpress", write(*deep, page(5, "faq"), page(6, "faq", parent=4, title="Other")))
    assert Page.objects.get(title="Page 1").path == "faq/page-4/page-3/page-2/page-1"
    assert Page.objects.get(title="Other").path == "faq/page-4/faq"
    assert not Redirect.objects.filter(old_path__startswith="/page").exists()
    assert client.get("/faq/page-4/faq/").status_code == 200


def test_parent_page_can_come_from_another_file_or_a_later_run(write: Writer, client: Client) -> None:
    below = write(page(2, parent=1, link=f"{SITE}/page-1/page-2/"), name="below")
    above = write(page(1), name="above")
    call_command("import_wordpress", below)
    assert page_paths() == {"Page 2": "page-2"}
    assert location(client, "/page-1/page-2/") == (301, "/page-2/")
    call_command("import_wordpress", below, above)
    assert page_paths() == {"Page 1": "page-1", "Page 2": "page-1/page-2"}
    assert client.get("/page-1/page-2/").status_code == 200
    assert location(client, "/page-2/") == (301, "/page-1/page-2/")


def test_split_export_is_imported_as_one(write: Writer) -> None:
    below = write(page(3, parent=2, link=f"{SITE}/?p=3"), page(2, parent=1, link=f"{SITE}/page-1/page-2"), name="below")
    call_command("import_wordpress", below, write(page(1), name="above"))
    assert page_paths()["Page 3"] == "page-1/page-2/page-3"
    assert not Redirect.objects.exists()


def test_page_with_missing_or_trashed_parent_uses_the_next_ancestor(
    write: Writer,
    client: Client,
    capsys: pytest.CaptureFixture[str],
) -> None:
    trashed = page(2, parent=1, status="trash")
    below = page(3, parent=2, link=f"{SITE}/page-1/page-2/page-3/")
    call_command("import_wordpress", write(page(1), trashed, below, page(4, parent=99)))
    assert page_paths() == {"Page 1": "page-1", "Page 3": "page-1/page-3", "Page 4": "page-4"}
    assert location(client, "/page-1/page-2/page-3/") == (301, "/page-1/page-3/")
    output = capsys.readouterr().out
    assert "Pages: 3 created, 1 skipped." in output
    assert "“Page 3” was at /page-1/page-2/page-3/ and is now at /page-1/page-3/." in output


def test_parent_cycle_is_imported_once(write: Writer) -> None:
    path = write(page(1, parent=2), page(2, parent=1), page(3, parent=3))
    call_command("import_wordpress", path)
    before = all_rows()
    call_command("import_wordpress", path)
    assert all_rows() == before
    assert len(before["Page"]) == 3


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({}, "Published"),
        ({"status": "draft", "slug": ""}, "Draft"),
        ({"status": "private"}, "Draft"),
        ({"password": "secret"}, "Draft"),
        ({"status": "future", "date": "2099-01-01 00:00:00"}, "Scheduled"),
        ({"date": "0000-00-00 00:00:00"}, "Draft"),
    ],
)
def test_only_published_pages_become_public(write: Writer, client: Client, values: Any, state: str) -> None:
    call_command("import_wordpress", write(page(**values)))
    found = Page.objects.get()
    assert found.status_label == state
    assert client.get(found.get_absolute_url()).status_code == (200 if state == "Published" else 404)


def test_page_gets_its_exact_path_before_a_post_with_the_same_slug(write: Writer, client: Client) -> None:
    post = item(1, slug="knee", link=f"{SITE}/2020/05/knee/", body=f'<a href="{SITE}/knee/">x</a>')
    call_command("import_wordpress", write(post, page(2, "knee")))
    assert (Page.objects.get().path, Post.objects.get().slug) == ("knee", "knee-2")
    assert location(client, "/2020/05/knee/") == (301, "/knee-2/")
    assert 'href="/knee/"' in Post.objects.get().body


# ---- Starter pages and reserved paths ---------------------------------------------------------------------


def test_unedited_starter_page_is_replaced(write: Writer, client: Client) -> None:
    create_starter_pages()
    row = Page.objects.get(role="privacy")
    path = write(page(1, "privacy-policy"), page(2, "about"), page(3, "services"), page(4, "contact"))
    call_command("import_wordpress", path)
    assert dict(Page.objects.published().values_list("role", "path")) == {
        "privacy": "privacy-policy",
        "about": "about",
        "services": "services",
        "contact": "contact",
    }
    assert Page.objects.get(role="privacy").pk == row.pk
    assert "Text 4." in client.get("/contact/").content.decode()
    assert not Redirect.objects.exists()
    before = all_rows()
    call_command("import_wordpress", path)
    assert all_rows() == before


def test_role_is_assigned_without_starter_pages(write: Writer) -> None:
    call_command("import_wordpress", write(page(1, "terms-of-use"), page(2, "elsewhere")))
    assert list(Page.objects.order_by("path").values_list("role", flat=True)) == [None, "terms"]


@pytest.mark.parametrize("change", ["words", "typing", "publish"])
def test_edited_starter_page_is_not_replaced(
    write: Writer,
    capsys: pytest.CaptureFixture[str],
    admin_user: Any,
    change: str,
) -> None:
    create_starter_pages()
    mine = Page.objects.get(role="about")
    if change == "words":
        mine.body = "<p>My own words.</p>"
        mine.save()
    elif change == "typing":
        mine.autosaves.create(user=admin_user, key=uuid4(), base_version=1, data={})
    else:
        mine.publish()
    before = mine.snapshot()
    call_command("import_wordpress", write(page(1, "about")))
    mine.refresh_from_db()
    assert (mine.snapshot(), mine.path) == (before, "about")
    assert Page.objects.get(title="Page 1").path == "about-2"
    output = capsys.readouterr().out
    assert "“Page 1”: your page “About Me” was kept, and this one was added next to it." in output
    is_public = change == "publish"
    assert ("“Page 1” was at /about/. That path is taken here, so it is at /about-2/." in output) == is_public
    assert ("“Page 1” was at /about/ and is now at /about-2/." in output) == (not is_public)


def test_page_at_a_reserved_path_gets_another_path_and_its_links_follow(write: Writer) -> None:
    linking = page(3, body=f'<a href="{SITE}/search/?a=b&amp;c=d#top">x</a>')
    call_command("import_wordpress", write(page(1, "search"), page(2, "blog"), linking))
    assert set(Page.objects.values_list("path", flat=True)) == {"search-2", "blog-2", "page-3"}
    assert Page.objects.get(path="page-3").body == '<p><a href="/search-2/?a=b&amp;c=d#top">x</a></p>'


def test_front_page_and_posts_page_are_not_published(
    write: Writer,
    client: Client,
    capsys: pytest.CaptureFixture[str],
) -> None:
    front = page(1, "welcome", link=f"{SITE}/", body="Hello there.")
    path = write(front, page(2, "blog", body=""), page(3, "news", body=""), page(4, "empty", body=""))
    call_command("import_wordpress", path)
    assert {each.path: each.status_label for each in Page.objects.all()} == {"welcome": "Draft", "empty": "Draft"}
    assert location(client, "/news/") == (301, "/blog/")
    output = capsys.readouterr().out
    assert "“Page 1” was the front page and was imported as a draft." in output
    assert "“Page 2” was skipped: it has no text, and this site already has a page at /blog/" in output
    before = all_rows()
    call_command("import_wordpress", path)
    assert all_rows() == before


# ---- Repeated imports ------------------------------------------------------------------------------------------------


def test_second_run_and_dry_run_change_nothing(write: Writer) -> None:
    create_starter_pages()
    before = all_rows()
    link = f'<a href="{SITE}/page-2/page-1/">x</a><a href="{SITE}/nowhere/">y</a>'
    path = write(page(1, parent=2, body=link), page(2, body=link), page(3, "about"), item(4, body=link))
    call_command("import_wordpress", path, "--dry-run")
    assert all_rows() == before
    call_command("import_wordpress", path)
    before = all_rows()
    call_command("import_wordpress", path)
    assert all_rows() == before


@pytest.mark.parametrize("stop", ["Page 2", "Post 4", "links"])
def test_second_run_finishes_an_interrupted_one(
    write: Writer,
    monkeypatch: pytest.MonkeyPatch,
    stop: str,
) -> None:
    link = f'<a href="{SITE}/post-4/">x</a><a href="{SITE}/?page_id=1">y</a>'
    path = write(page(1, parent=2, body=link), page(2, body=link), page(3, parent=1), item(4, body=link))

    def words() -> list[Any]:
        return [*Page.objects.order_by("path").values_list("path", "body"), *Post.objects.values_list("slug", "body")]

    with monkeypatch.context() as patch:
        if stop == "links":
            patch.setattr("wordpress.importing.LinkRewriter", lambda *args: (_ for _ in ()).throw(KeyboardInterrupt))
        redirect = path_mapping.redirect_all_from_source

        def failing(texts: Any, *rest: Any) -> list[str]:
            if any(document.title == stop for document, _ in texts):
                raise KeyboardInterrupt
            return redirect(texts, *rest)

        patch.setattr(path_mapping, "redirect_all_from_source", failing)
        with pytest.raises(KeyboardInterrupt):
            call_command("import_wordpress", path)
    call_command("import_wordpress", path)
    finished = words()
    assert len(finished) == 4
    assert "old.example" not in str(finished)
    assert finished[1][1] == '<p><a href="/post-4/">x</a><a href="/page-2/page-1/">y</a></p>'


def test_newer_export_keeps_moved_and_deleted_pages(write: Writer) -> None:
    call_command("import_wordpress", write(page(1), page(2), page(3)))
    moved = Page.objects.get(path="page-1")
    moved.parent = make_page(slug="mine")
    moved.save()
    Page.objects.filter(path="page-2").update(show_in_menu=True, position=9)
    Page.objects.get(path="page-3").delete()
    call_command("import_wordpress", write(*(page(number, body="Newer.") for number in (1, 2, 3))))
    assert Page.objects.get(path="mine/page-1").plain_text() == "Text 1."
    newer = Page.objects.get(path="page-2")
    assert (newer.plain_text(), newer.show_in_menu, newer.position) == ("Newer.", True, 9)
    assert Page.objects.count() == 3


# ---- Links and legacy URLs ------------------------------------------------------------------------------


def test_links_to_the_source_site_are_rewritten(
    write: Writer,
    capsys: pytest.CaptureFixture[str],
) -> None:
    make_post(slug="post-2", title="Mine")
    wanted = {
        f"{SITE}/page-1/#part": "/page-1/#part",
        "http://www.old.example/page-1": "/page-1/",
        f"{SITE}/2020/05/post-2/?x=1": "/post-2-2/?x=1",
        f"{SITE}/?p=2": "/post-2-2/",
        f"{SITE}/?page_id=1#a": "/page-1/#a",
        f"{SITE}/": "/",
        SITE: "/",
        f"{SITE}/feed/": "/feed/",
        f"{SITE}/tag/desk-work/": "/tag/desk-work/",
        f"{SITE}/category/low-back/page/2/": "/category/pain/low-back/",
        f"{SITE}/no-such-place/": f"{SITE}/no-such-place/",
        f"{SITE}/wp-content/uploads/a.pdf": f"{SITE}/wp-content/uploads/a.pdf",
        "https://old.example.evil.example/page-1/": "https://old.example.evil.example/page-1/",
        "https://other.example/?to=old.example": "https://other.example/?to=old.example",
        "mailto:boss@old.example": "mailto:boss@old.example",
    }
    body = "\n\n".join(f'<a href="{url}">old.example</a>' for url in wanted)
    call_command("import_wordpress", write(page(1, body=body), item(2, link=f"{SITE}/2020/05/post-2/")))
    found = Page.objects.get().body.split("\n")
    assert found == [f'<p><a href="{url}">old.example</a></p>' for url in wanted.values()]
    output = capsys.readouterr().out
    assert "No page here matches the link to https://old.example/no-such-place/. It was left unchanged." in output
    assert "Links to files on the WordPress site that were not imported: 1. Used in “Page 1”." in output


def test_text_of_the_page_that_listed_the_posts_is_a_draft(
    write: Writer, client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    front = page(1, "welcome", link=f"{SITE}/", body="Hello there.")
    linking = page(3, body=f'<a href="{SITE}/blog/">Our blog</a>')
    path = write(front, page(2, "blog", body="Nobody saw this."), linking, item(4))
    call_command("import_wordpress", path)
    assert {each.path: each.status_label for each in Page.objects.all()} == {
        "welcome": "Draft",
        "blog-2": "Draft",
        "page-3": "Published",
    }
    assert Page.objects.get(path="page-3").body == '<p><a href="/blog/">Our blog</a></p>'
    assert client.get("/blog/").status_code == 200
    output = capsys.readouterr().out
    assert "“Page 2” has the URL of the list of your posts, so its text was imported as a draft." in output
    before = all_rows()
    call_command("import_wordpress", path)
    assert all_rows() == before


def test_invalid_urls_are_unchanged_and_do_not_fail(write: Writer) -> None:
    endless = f"{SITE}/page-1/?{'&amp;'.join(['a=1'] * 1001)}"
    path = Path(write(page(1, body=f'<a href="{endless}">here</a>'), page(2, link=endless)))
    call_command("import_wordpress", path)
    assert endless in Page.objects.get(title="Page 1").body
    path.write_text(path.read_text().replace(f"<wp:base_blog_url>{SITE}", "<wp:base_blog_url>http://["))
    call_command("import_wordpress", path)
    assert Page.objects.filter(title="Page 2").exists()


def test_links_in_edited_or_other_documents_are_unchanged(write: Writer) -> None:
    link = f'<a href="{SITE}/page-1/">x</a>'
    mine = make_post(body=f"<p>{link}</p>")
    path = write(page(1), page(2, body=f"Old. {SITE}"))
    call_command("import_wordpress", path)
    edited = Page.objects.get(path="page-2")
    edited.body = f"<p>{link}</p>"
    edited.save()
    call_command("import_wordpress", path)
    mine.refresh_from_db()
    edited.refresh_from_db()
    assert mine.body == edited.body == f"<p>{link}</p>"


@pytest.mark.parametrize(
    "old", ["/?page_id=7", "/?p=7", "/?pagename=about-us/team", "/About-Us/Team/", "/about-us/team/amp/"]
)
def test_every_legacy_url_of_a_page_redirects_to_it(client: Client, old: str) -> None:
    team = make_page(slug="team", parent=make_page(slug="about-us"))
    ImportedObject.objects.create(site="old.example", kind="page", key=f"page:7:{SITE}/?page_id=7", object_id=team.pk)
    assert location(client, old) == (301, "/about-us/team/")
    Page.objects.filter(pk=team.pk).update(status="draft")
    assert client.get(old).status_code == 404
