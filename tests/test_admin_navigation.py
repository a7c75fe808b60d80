"""The rail of the admin: which pages each role finds in it, and how it looks on wide and narrow screens."""

import re

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import User
from accounts.roles import Role
from audit.accessibility import violations
from ptcomplete.admin_navigation import SECTIONS, SETTINGS
from tests.accounts.staff import sign_in
from tests.factories import make_post

NAMES = ["Dashboard", *(name for name, *_ in SECTIONS), SETTINGS[0]]


def client_of(role: Role) -> Client:
    user = User(email=f"{role}@example.com")
    user.set_role(role)
    user.save()
    return sign_in(user)


def links(client: Client, url: str = "/admin/") -> list[tuple[str, str]]:
    """Return URL and name of each link in the rail."""
    found = re.search(r'<nav id="rail".*?</nav>', client.get(url).content.decode(), re.DOTALL)
    assert found
    return re.findall(r'<a href="([^"]+)"[^>]*>(?:<svg.*?</svg><span>)?([^<]+)', found[0], re.DOTALL)


@pytest.mark.django_db
def test_the_owner_finds_every_registered_model_in_one_section(admin_client: Client) -> None:
    sections = links(admin_client)
    assert [name for _, name in sections] == NAMES
    listed = [url for url, _ in links(admin_client)]
    for url, name in sections[1:]:
        pages = links(admin_client, url)
        assert url in [link for link, _ in pages], name
        listed += [link for link, _ in pages]
    request = admin_client.get("/admin/").wsgi_request
    for app in admin.site.get_app_list(request):
        for model in app["models"]:
            assert model["admin_url"] in listed, model["name"]


@pytest.mark.django_db
@pytest.mark.parametrize("role", Role)
def test_each_role_finds_only_pages_it_may_open(role: Role) -> None:
    client = client_of(role)
    sections = links(client)
    if role == Role.REVIEWER:
        assert [name for _, name in sections] == ["Dashboard", "Posts", "Pages"]
    for url, _ in sections:
        for link, name in links(client, url):
            assert client.get(link, follow=True).status_code == 200, name


@pytest.mark.django_db
def test_the_page_being_shown_is_marked(admin_client: Client) -> None:
    page = admin_client.get(reverse("admin:blog_category_add")).content.decode()
    url = re.escape(reverse("admin:blog_category_changelist"))
    assert re.search(rf'<a href="{url}" aria-current="page">Categories</a>', page)
    assert page.count('aria-current="page">') - page.count('<li aria-current="page">') == 1
    assert len(re.findall(r'aria-current="true"', page)) == 1


@pytest.mark.django_db
def test_popups_and_the_sign_in_page_have_no_rail(admin_client: Client, client: Client) -> None:
    assert 'id="rail"' not in admin_client.get("/admin/blog/category/add/?_popup=1").content.decode()
    assert 'id="rail"' not in client.get("/admin/", follow=True).content.decode()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_rail_is_a_column_beside_pages_and_a_popover_on_phones(admin_page: Page) -> None:
    post = make_post(body=f"<p>{'word ' * 200}</p>")
    admin_page.set_viewport_size({"width": 1280, "height": 900})
    admin_page.goto(reverse("admin:blog_category_changelist"))
    rail = admin_page.get_by_role("navigation", name="Admin")
    expect(rail.get_by_role("link", name="Categories")).to_be_visible()
    assert [line for line in violations(admin_page) if "rail" in line] == []
    # The column beside the editor leaves its text the whole measure of 46 rem.
    admin_page.goto(reverse("admin:blog_post_change", args=[post.pk]))
    expect(rail.get_by_role("link", name="Images")).to_be_visible()
    expect(admin_page.locator(".ProseMirror")).to_be_visible()
    main = admin_page.locator(".editor-main").bounding_box()
    assert main
    assert main["width"] == 46 * 16

    admin_page.set_viewport_size({"width": 390, "height": 844})
    admin_page.goto("/admin/")
    expect(rail).to_be_hidden()
    admin_page.get_by_role("button", name="Menu").press("Enter")
    expect(rail.get_by_role("link", name="Settings")).to_be_visible()
    assert [line for line in violations(admin_page) if "rail" in line] == []
    admin_page.keyboard.press("Escape")
    expect(rail).to_be_hidden()
    assert admin_page.evaluate("document.documentElement.scrollWidth") == 390
