"""Inserting an exercise in the editor."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from blog.models import Post
from tests.exercises.factories import embed, make_exercise
from tests.factories import make_post

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.any_database]


def test_the_author_finds_an_exercise_and_inserts_its_card(admin_page: Page) -> None:
    make_exercise(name="Hinge")
    exercise = make_exercise(name="Bridge", status="draft")
    post = make_post(body="<p>Hips get stronger.</p>", status=Post.Status.DRAFT)
    admin_page.goto(reverse("admin:blog_post_change", args=[post.pk]))
    editor = admin_page.locator(".ProseMirror[contenteditable]")
    editor.get_by_text("Hips get stronger.").click()
    admin_page.get_by_role("toolbar").get_by_role("button", name="Exercise").click()
    dialog = admin_page.get_by_role("dialog", name="Exercise")
    expect(dialog.get_by_role("listitem")).to_have_count(2)
    dialog.get_by_label("Search your exercises").fill("bri")
    expect(dialog.get_by_role("listitem")).to_have_count(1)
    expect(dialog.get_by_role("listitem")).to_contain_text("draft, visitors do not see it")
    dialog.get_by_label("Search your exercises").press("Enter")
    expect(editor.locator(".embed-box")).to_contain_text("Exercise: Bridge")
    admin_page.get_by_role("button", name="Save draft").click()
    expect(admin_page.locator(".messagelist")).to_be_visible()
    post.refresh_from_db()
    assert post.body.replace("\n", "") == f"<p>Hips get stronger.</p>{embed(exercise)}"
    expect(editor.locator(".embed-box")).to_contain_text("Exercise: Bridge")
