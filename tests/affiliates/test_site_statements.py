"""The statements that programs require on every page."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from affiliates.models import Program
from siteinfo.models import SiteInfo
from tests.affiliates.factories import make_link
from tests.factories import make_page, make_post

pytestmark = pytest.mark.any_database


@pytest.mark.parametrize("use", ["link", "pasted"])
def test_amazons_statements_are_on_every_page_while_a_link_is_active(amazon: Program, client: Client, use: str) -> None:
    SiteInfo.objects.create(name="Move")
    make_page(slug="about")
    statement, other = b"As an Amazon Associate I earn from qualifying", b"Amazon Services LLC Associates Program"

    def shown() -> set[bool]:
        return {
            each in client.get(path).content
            for path in ("/", "/blog/", "/about/", "/none/")
            for each in (statement, other)
        }

    assert shown() == {False}
    if use == "link":
        link = make_link(amazon)
        assert shown() == {True}
        link.retire()
    else:
        post = make_post(body='<p><a href="https://www.amazon.com/dp/B000000001">a roller</a></p>')
        assert shown() == {True}
        post.body = "<p>No more.</p>"
        post.save()
    assert shown() == {False}


def test_the_statements_need_no_query(amazon: Program, client: Client) -> None:
    SiteInfo.objects.create(name="Move")
    make_post(slug="plain")

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get("/plain/")
        return len(queries)

    before = count()
    make_link(amazon)
    assert count() == before


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("url", "is_paid"),
    [
        ("https://www.amazon.com/dp/B000000001", False),
        ("https://www.amazon.com/dp/B000000001?tag=someone-20", True),
        ("https://amzn.to/3abc", True),
    ],
)
def test_only_a_link_that_may_earn_something_makes_the_site_say_so(client: Client, url: str, is_paid: bool) -> None:
    make_post(slug="knees", body=f'<p><a href="{url}">a roller</a></p>')
    page = client.get("/knees/").content
    assert (b"As an Amazon Associate I earn" in page, b"paid link" in page) == (is_paid, is_paid)
    assert (b"As an Amazon Associate I earn" in client.get("/blog/").content) == is_paid
