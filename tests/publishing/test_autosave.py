"""Autosave in a browser: no text is lost when the server is down, the session ends or two tabs are open."""

import re

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import User
from blog.models import Post
from publishing.models import Autosave
from tests.factories import make_author, make_post

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def open_post(page: Page, post: Post) -> None:
    page.goto(reverse("admin:blog_post_change", args=[post.pk]))
    expect(page.locator(".ProseMirror[contenteditable]")).to_be_visible()


def type_text(page: Page, text: str) -> None:
    page.locator(".ProseMirror[contenteditable]").click()
    page.keyboard.press("Control+End")
    page.keyboard.type(text)


def sign_in(page: Page, user: User) -> None:
    page.get_by_label("Email address").fill(user.email)
    page.get_by_label("Password").fill("a password for tests")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator("#user-tools")).to_be_visible()


def expect_autosaved(page: Page) -> None:
    expect(page.locator("[data-autosave-status]")).to_have_text(re.compile("Draft saved automatically at"))


def test_text_is_autosaved_and_restored_after_a_crash(admin_page: Page) -> None:
    post = make_post(body="<p>Old words.</p>")
    open_post(admin_page, post)
    type_text(admin_page, " New words.")
    expect_autosaved(admin_page)
    post.refresh_from_db()
    assert post.plain_text() == "Old words."
    assert not post.revisions.exists()
    crashed, fresh = admin_page, admin_page.context.new_page()
    crashed.close(run_before_unload=False)
    open_post(fresh, post)
    expect(fresh.get_by_text("Restored your unsaved text")).to_be_visible()
    expect(fresh.locator(".ProseMirror")).to_contain_text("Old words. New words.")
    fresh.get_by_role("button", name="Save changes").click()
    expect(fresh.get_by_text("Visitors see the new text")).to_be_visible()
    post.refresh_from_db()
    assert post.plain_text() == "Old words. New words."
    assert not Autosave.objects.exists()


def test_typing_into_a_new_form_creates_a_draft(admin_page: Page) -> None:
    make_author()
    admin_page.goto(reverse("admin:blog_post_add"))
    admin_page.locator("#id_title").fill("Hips at work")
    type_text(admin_page, "Sit less.")
    expect_autosaved(admin_page)
    post = Post.objects.get()
    assert post.status_label == "Draft"
    expect(admin_page).to_have_url(re.compile(reverse("admin:blog_post_change", args=[post.pk])))
    admin_page.get_by_role("button", name="Publish …").click()
    admin_page.get_by_role("button", name="Publish now").click()
    expect(admin_page.get_by_role("heading", name="Published")).to_be_visible()
    post = Post.objects.get()
    assert (post.title, post.slug, post.plain_text()) == ("Hips at work", "hips-at-work", "Sit less.")


def test_reloading_a_new_form_before_its_first_autosave_brings_the_text_back(admin_page: Page) -> None:
    make_author()
    admin_page.goto(reverse("admin:blog_post_add"))
    admin_page.locator("#id_title").fill("Hips at work")
    type_text(admin_page, "Sit less.")
    admin_page.reload()
    expect(admin_page.locator(".ProseMirror")).to_contain_text("Sit less.")
    expect(admin_page.locator("#id_title")).to_have_value("Hips at work")
    post = Post.objects.get()
    expect(admin_page).to_have_url(re.compile(reverse("admin:blog_post_change", args=[post.pk])))
    expect(admin_page.locator("[data-autosave-status]")).to_be_attached()


def test_text_is_autosaved_once_the_server_responds_again(admin_page: Page) -> None:
    post = make_post(body="<p>Old.</p>")
    open_post(admin_page, post)
    admin_page.context.set_offline(True)
    type_text(admin_page, " Typed in the dark.")
    expect(admin_page.locator("[data-autosave-status]")).to_contain_text("No connection")
    admin_page.context.set_offline(False)
    expect_autosaved(admin_page)
    assert "Typed in the dark." in Autosave.objects.get().data["body"][0]


def test_reloading_while_the_server_is_down_loses_nothing(admin_page: Page) -> None:
    post = make_post(body="<p>Old.</p>")
    open_post(admin_page, post)
    admin_page.route("**/autosave/", lambda route: route.abort())
    type_text(admin_page, " Only in this browser.")
    expect(admin_page.locator("[data-autosave-status]")).to_contain_text("No connection")
    admin_page.unroute("**/autosave/")
    admin_page.reload()
    expect(admin_page.locator(".ProseMirror")).to_contain_text("Only in this browser.")
    expect(admin_page.get_by_text("Restored your unsaved text")).to_be_visible()


def test_text_of_a_crashed_tab_is_restored_in_a_new_one(admin_page: Page) -> None:
    post = make_post(body="<p>Old.</p>")
    living = admin_page.context.new_page()
    open_post(living, post)
    living.route("**/autosave/", lambda route: route.abort())
    open_post(admin_page, post)
    admin_page.route("**/autosave/", lambda route: route.abort())
    type_text(admin_page, " Typed while the server was dead.")
    type_text(living, " Another tab's.")
    admin_page.close(run_before_unload=False)
    fresh = living.context.new_page()
    open_post(fresh, post)
    expect(fresh.locator(".ProseMirror")).to_contain_text("Old. Typed while the server was dead.")
    expect(fresh.get_by_text("Restored your unsaved text")).to_be_visible()
    expect(living.locator(".ProseMirror")).to_contain_text("Another tab's.")


def test_text_is_restored_after_the_session_expired(admin_page: Page, admin_user: User) -> None:
    post = make_post(body="<p>Old.</p>")
    open_post(admin_page, post)
    type_text(admin_page, " Before the cookie went.")
    expect_autosaved(admin_page)
    admin_page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    type_text(admin_page, " And after.")
    expect(admin_page.locator("[data-autosave-status]")).to_contain_text("signed out")
    admin_page.get_by_role("button", name="Save changes").click()
    expect(admin_page.locator("[data-autosave-status]")).to_contain_text("signed out")
    with admin_page.context.expect_page() as opened:
        admin_page.get_by_role("link", name="Sign in").click()
    sign_in(opened.value, admin_user)
    # The new session has another CSRF token than the open form.
    admin_page.get_by_role("button", name="Save changes").click()
    expect(admin_page.get_by_text("Visitors see the new text")).to_be_visible()
    post.refresh_from_db()
    assert post.plain_text() == "Old. Before the cookie went. And after."


def test_text_is_never_saved_by_another_user_who_signed_in_in_this_browser(admin_page: Page) -> None:
    other = User.objects.create_superuser("other@example.com", "a password for tests")
    post = make_post(body="<p>Old.</p>")
    open_post(admin_page, post)
    admin_page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    tab = admin_page.context.new_page()
    tab.goto("/admin/")
    sign_in(tab, other)
    type_text(admin_page, " Mine.")
    expect(admin_page.locator("[data-autosave-status]")).to_contain_text("Someone else is signed in")
    admin_page.get_by_role("button", name="Save changes").click()
    expect(admin_page.locator("[data-autosave-status]")).to_contain_text("Someone else is signed in")
    post.refresh_from_db()
    assert post.plain_text() == "Old."
    assert not Autosave.objects.exists()


def test_two_tabs_do_not_overwrite_each_other(admin_page: Page) -> None:
    post = make_post(body="<p>Start.</p>")
    first, second = admin_page, admin_page.context.new_page()
    open_post(first, post)
    open_post(second, post)
    type_text(first, " First.")
    expect_autosaved(first)
    type_text(second, " Second.")
    expect_autosaved(second)
    assert Autosave.objects.count() == 2
    first.get_by_role("button", name="Save changes").click()
    expect(first.get_by_text("Visitors see the new text")).to_be_visible()
    second.get_by_role("button", name="Save changes").click()
    expect(second.get_by_text("Someone else has saved this text.")).to_be_visible()
    expect(second.locator(".ProseMirror")).to_contain_text("Start. Second.")
    post.refresh_from_db()
    assert post.plain_text() == "Start. First."
    second.get_by_role("button", name="Save my version").click()
    expect(second.get_by_text("Visitors see the new text")).to_be_visible()
    post.refresh_from_db()
    assert post.plain_text() == "Start. Second."
    bodies = [revision.data["body"] for revision in post.revisions.all()]
    assert bodies == ["<p>Start. Second.</p>", "<p>Start. First.</p>", "<p>Start.</p>"]


def test_pressing_enter_in_the_title_does_not_publish(admin_page: Page) -> None:
    post = make_post(status=Post.Status.DRAFT)
    open_post(admin_page, post)
    admin_page.locator("#id_title").press("Enter")
    admin_page.wait_for_timeout(300)
    post.refresh_from_db()
    assert post.status_label == "Draft"
    expect(admin_page.locator("[data-autosave-status]")).to_be_attached()


def test_the_preview_shows_unsaved_text_as_visitors_will_see_it(admin_page: Page) -> None:
    post = make_post(status=Post.Status.DRAFT, title="A draft", body="<p>Old.</p>")
    admin_page.set_viewport_size({"width": 1500, "height": 900})
    open_post(admin_page, post)
    admin_page.get_by_role("button", name="Preview").click()
    frame = admin_page.frame_locator(".preview-panel iframe.is-shown")
    expect(frame.get_by_role("heading", name="A draft")).to_be_visible()
    type_text(admin_page, " Just now.")
    expect(frame.locator(".prose")).to_have_text(re.compile("Old. Just now."))
    post.refresh_from_db()
    assert post.plain_text() == "Old."
