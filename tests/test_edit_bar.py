"""The bar with links to edit on public pages: for people of the admin only, in no page's HTML."""

from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from accounts.roles import Role
from audit.accessibility import violations
from blog.models import Post
from ptcomplete.edit_bar import COOKIE
from tests.factories import make_page, make_post
from tests.test_admin_navigation import client_of


def bar(client: Client, path: str) -> dict[str, Any]:
    answer: dict[str, Any] = client.get("/admin/edit-bar/", {"path": path}).json()
    return answer


@pytest.mark.django_db
def test_only_the_admin_sets_the_cookie(admin_client: Client, client: Client) -> None:
    make_post(slug="knees")
    for path in ("/", "/knees/", "/admin/login/"):
        client.get(path, follow=True)
        assert COOKIE not in client.cookies
    assert client.get("/admin/edit-bar/", {"path": "/knees/"}).status_code == 302
    admin_client.get("/admin/")
    assert admin_client.cookies[COOKIE].value == "1"


@pytest.mark.django_db
def test_the_html_of_a_page_is_the_same_for_everyone(admin_client: Client, client: Client) -> None:
    make_post(slug="knees")
    before = client.get("/knees/").content
    admin_client.get("/admin/")
    assert admin_client.get("/knees/").content == before
    assert client.get("/knees/").content == before
    client.cookies[COOKIE] = "1"
    assert client.get("/knees/").content == before


@pytest.mark.django_db
def test_the_bar_shows_the_state_of_the_text_at_the_path(admin_client: Client) -> None:
    post = make_post(slug="knees")
    make_page(slug="about")
    found = bar(admin_client, "/knees/")
    assert (found["action"], found["status"], found["pending"]) == ("Edit this post", "Published", "")
    assert admin_client.get(found["url"]).status_code == 200
    post.pending_edits.create(data=post.snapshot())
    assert bar(admin_client, "/knees/")["pending"] == "Pending changes"
    assert bar(admin_client, "/about/")["action"] == "Edit this page"
    for path in ("/", "/blog/", "/no/such/text/", "\x00"):
        assert "url" not in bar(admin_client, path)


@pytest.mark.django_db
@pytest.mark.parametrize("role", Role)
def test_each_role_gets_only_what_it_may_open(role: Role) -> None:
    make_post(slug="knees")
    make_post(slug="secret", status=Post.Status.DRAFT, published_at=None)
    client = client_of(role)
    for path in ("/knees/", "/secret/"):
        found = bar(client, path)
        may_open = role in {Role.OWNER, Role.EDITOR, Role.REVIEWER}
        assert ("url" in found) == may_open
        if may_open:
            assert client.get(found["url"]).status_code == 200
            assert found["action"].startswith("Open" if role == Role.REVIEWER else "Edit")


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_visitors_load_nothing_and_people_of_the_admin_see_the_bar(admin_page: Page) -> None:
    make_post(slug="knees")
    requested: list[str] = []
    admin_page.on("request", lambda request: requested.append(request.url))
    # The script asks for this module right before it would ask for the bar.
    with admin_page.expect_response("**/comments*.js"):
        admin_page.goto("/knees/")
    assert [url for url in requested if "edit-bar" in url] == []
    admin_page.goto("/admin/")
    admin_page.goto("/knees/")
    links = admin_page.get_by_role("navigation", name="Edit", exact=True)
    expect(links).to_contain_text("Published")
    assert violations(admin_page) == []
    admin_page.set_viewport_size({"width": 390, "height": 844})
    admin_page.emulate_media(color_scheme="dark")
    assert violations(admin_page) == []
    links.get_by_role("link", name="Edit this post").click()
    admin_page.wait_for_url("**/change/")
    # After signing out, the first page asks once, and no page after it does.
    session = next(cookie for cookie in admin_page.context.cookies() if "sessionid" in str(cookie.get("name")))
    admin_page.context.clear_cookies(name=str(session.get("name")))
    with admin_page.expect_response("**/admin/login/**"):
        admin_page.goto("/knees/")
    expect(links).to_have_count(0)
    admin_page.wait_for_function(f"!document.cookie.includes('{COOKIE}')")
    requested.clear()
    admin_page.reload()
    assert [url for url in requested if "edit-bar" in url] == []
