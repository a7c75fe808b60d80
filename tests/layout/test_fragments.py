"""Header, sidebar and footer are rendered once for all pages, and still mark the current page."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from lxml import html

from layout.fragments import Fragment, current_mark
from pagecache.storage import page_store
from siteinfo.models import SiteInfo
from tests.factories import make_author, make_category, make_page, make_post

MARKED = f"<a{current_mark(['/a/'], 'page')}>A</a><b{current_mark(['/a/', 'section:blog'], 'true')}>Blog</b>"


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ([], "<a>A</a><b>Blog</b>"),
        (["/b/"], "<a>A</a><b>Blog</b>"),
        (["/a/"], '<a aria-current="page">A</a><b aria-current="true">Blog</b>'),
        (["/b/", "section:blog"], '<a>A</a><b aria-current="true">Blog</b>'),
    ],
)
def test_a_fragment_marks_the_current_page(keys: list[str], expected: str) -> None:
    assert Fragment(MARKED).for_page(frozenset(keys)) == expected


def current_links(client: Client, path: str) -> set[str]:
    """Return the texts of links and headings in the layout that are marked as current on the page at `path`."""
    root = html.fromstring(client.get(path).content)
    marked: Any = root.xpath("(/html/body/header | //aside | //footer)//*[@aria-current]")
    return {" ".join(element.text_content().split()) for element in marked}


@pytest.mark.django_db(transaction=True)
def test_each_page_marks_its_own_links(client: Client) -> None:
    pain = make_category(name="Pain", slug="pain")
    post = make_post(categories=[pain])
    page = make_page(title="Services", show_in_menu=True)
    for _ in range(2):
        page_store.clear()
        assert "Pain 1" in current_links(client, pain.get_absolute_url())
        assert "Blog" in current_links(client, pain.get_absolute_url())
        assert {"Services", "About"} <= current_links(client, page.get_absolute_url())
        assert current_links(client, post.get_absolute_url()) == {"Blog"}
        assert current_links(client, "/contact/") == {"Contact", "About"}


@pytest.mark.django_db(transaction=True)
def test_fragments_change_with_the_site(client: Client) -> None:
    make_author(name="Robin")
    assert b"A new name" not in client.get("/blog/").content
    SiteInfo.objects.update_or_create(defaults={"name": "A new name"})
    assert b"A new name" in client.get("/blog/").content


@pytest.mark.django_db(transaction=True)
def test_the_layout_takes_no_queries_once_it_is_rendered(client: Client) -> None:
    for number in range(12):
        make_post(title=f"Post {number}")
    client.get("/blog/")
    page_store.clear()
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/blog/").status_code == 200
    # The versions, whether the site is under maintenance, and the posts of the page.
    assert len(queries) == 3


@pytest.mark.django_db(transaction=True)
def test_blocks_that_vary_show_the_author_of_each_post(client: Client) -> None:
    make_author(name="Robin", short_bio="Knees.")
    other = make_author(name="Sam", short_bio="Shoulders.")
    first, second = make_post(title="First"), make_post(title="Second", author=other)
    assert b"Meet Robin" in client.get(first.get_absolute_url()).content
    assert b"Meet Sam" in client.get(second.get_absolute_url()).content


@pytest.mark.django_db
def test_no_mark_is_left_on_a_page(public_pages: dict[str, object]) -> None:
    for path, response in public_pages.items():
        assert not {b"\x02", b"\x03"} & {bytes([byte]) for byte in response.content}, path  # type: ignore[attr-defined]
