"""The search for anything in the admin: what each role finds, its dialog and its page."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.roles import Role
from audit.accessibility import violations
from blog.models import Post
from tests.factories import make_category, make_image, make_page, make_post, make_subscriber
from tests.test_admin_navigation import client_of

OPENABLE = {
    Role.OWNER: {"Post", "Page", "Image", "Subscriber", "Category"},
    Role.EDITOR: {"Post", "Page", "Image", "Category"},
    Role.AUTHOR: {"Image"},
    Role.CONTRIBUTOR: {"Image"},
    Role.REVIEWER: {"Post", "Page"},
}


def find(client: Client, words: str) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = client.get("/admin/search/", {"q": words, "format": "json"}).json()["results"]
    return results


def make_rows(word: str) -> None:
    make_post(title=f"{word} draft", status=Post.Status.DRAFT, published_at=None)
    make_page(title=f"{word} page", status="draft", published_at=None)
    make_image(title=f"{word} picture")
    make_category(name=f"{word} category")
    make_subscriber(email=f"{word}@example.com")


@pytest.mark.django_db
@pytest.mark.any_database
@pytest.mark.parametrize("role", Role)
def test_each_role_finds_only_what_it_may_open(role: Role) -> None:
    make_rows("Zygapophyseal")
    client = client_of(role)
    results = find(client, "zygapo")
    assert {result["kind"] for result in results} == OPENABLE[role]
    for result in results:
        assert client.get(result["url"]).status_code == 200, result
    for result in find(client, ""):
        assert client.get(result["url"], follow=True).status_code == 200, result


@pytest.mark.django_db
def test_trashed_posts_are_not_found(admin_client: Client) -> None:
    make_post(title="Zygapophyseal", trashed_at=timezone.now())
    assert find(admin_client, "zygapo") == []


@pytest.mark.django_db
def test_pages_and_what_to_add_are_found_by_name(admin_client: Client) -> None:
    assert find(admin_client, "new post")[0]["url"] == reverse("admin:blog_post_add")
    assert reverse("admin:wordpress_importrun_changelist") in [
        each["url"] for each in find(admin_client, "wordpress import")
    ]
    assert find(admin_client, "health")[0]["url"] == reverse("admin:site_health")


@pytest.mark.django_db
@pytest.mark.any_database
def test_the_number_of_queries_is_constant_and_the_answer_short(admin_client: Client) -> None:
    make_rows("Zygapophyseal")
    with CaptureQueriesContext(
        connection,
    ) as few:
        find(admin_client, "zygapo")
    for number in range(12):
        make_post(title=f"Zygapophyseal {number}")
        make_image(title=f"Zygapophyseal {number}")
    with CaptureQueriesContext(connection) as many:
        results = find(admin_client, "zygapo")
    assert len(many) == len(few)
    assert len([result for result in results if result["kind"] == "Post"]) == 5


@pytest.mark.django_db
def test_without_scripts_the_search_is_a_page(admin_client: Client) -> None:
    post = make_post(title="<b>Zygapophyseal</b>")
    page = admin_client.get("/admin/search/", {"q": "zygapo"}).content.decode()
    assert f'<a href="{reverse("admin:blog_post_change", args=[post.pk])}">&lt;b&gt;Zygapophyseal&lt;/b&gt;</a>' in page
    assert "Nothing found" in admin_client.get("/admin/search/", {"q": "qqqq\x00"}).content.decode()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_shortcut_opens_the_search_and_enter_opens_the_result(admin_page: Page) -> None:
    post = make_post(title="Zygapophyseal joints")
    admin_page.goto("/admin/")
    admin_page.keyboard.press("Control+k")
    dialog = admin_page.get_by_role("dialog", name="Search the admin")
    expect(dialog.get_by_role("option").first).to_be_visible()
    assert violations(admin_page) == []
    admin_page.keyboard.type("zygapo")
    expect(dialog.get_by_role("option")).to_have_count(1)
    admin_page.keyboard.press("Enter")
    admin_page.wait_for_url(f"**{reverse('admin:blog_post_change', args=[post.pk])}")

    admin_page.goto("/admin/")
    admin_page.keyboard.press("Control+k")
    expect(dialog.get_by_role("option").nth(1)).to_be_visible()
    admin_page.keyboard.press("ArrowDown")
    expect(dialog.get_by_role("option").nth(1)).to_have_attribute("aria-selected", "true")
    admin_page.keyboard.type("zygapo")
    expect(dialog.get_by_role("option")).to_have_count(1)
    admin_page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    admin_page.keyboard.press("?")
    expect(admin_page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    assert violations(admin_page) == []


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_list_shows_the_same_part_after_a_bulk_action(admin_page: Page) -> None:
    for number in range(30):
        make_post(title=f"Post {number}")
    admin_page.goto(reverse("admin:blog_post_changelist", query={"status": "published"}))
    row = admin_page.get_by_role("row").nth(25)
    row.get_by_role("checkbox").check()
    place = admin_page.evaluate("scrollY")
    assert place > 0
    admin_page.locator("select[name=action]").select_option(index=1)
    admin_page.evaluate(f"scrollTo(0, {place})")
    with admin_page.expect_navigation():
        admin_page.evaluate("document.getElementById('changelist-form').requestSubmit()")
    assert "status=published" in admin_page.url
    assert abs(admin_page.evaluate("scrollY") - place) < 5
