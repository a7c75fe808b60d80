"""“Updated” and the public change log follow changes in substance; small corrections leave no trace."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from blog.models import Post
from publishing.revisions import publish_due_edits
from tests.blog.post_form import post_form_data
from tests.example_site import get_page
from tests.factories import make_page, make_post
from tests.structured_data import node_of_type

pytestmark = pytest.mark.django_db


@pytest.fixture
def post() -> Post:
    """Return a post published ten days ago."""
    return make_post(title="Knees", slug="knees", published_at=timezone.now() - timedelta(days=10))


def save(client: Client, post: Post, **data: str) -> Any:
    response = client.post(f"/admin/blog/post/{post.pk}/change/", post_form_data(post, **data))
    post.refresh_from_db()
    vars(post).pop("public_changes", None)
    return response


def dates_of(client: Client) -> tuple[str, str]:
    """Return dateModified of the post's page and lastmod of the sitemap, as dates."""
    page = get_page(client, "/knees/")
    lastmod = client.get("/sitemap-posts.xml").content.decode().split("<lastmod>")[1].split("<")[0]
    return node_of_type(page, "BlogPosting")["dateModified"][:10], lastmod[:10]


def test_a_small_correction_moves_no_date(admin_client: Client, client: Client, post: Post) -> None:
    before = dates_of(client)
    save(admin_client, post, body="<p>Knees, spelled right.</p>")
    assert (post.updated_on, post.changes.count()) == (None, 0)
    assert dates_of(client) == before
    page = client.get("/knees/").content.decode()
    assert "spelled right" in page
    assert "What changed" not in page


def test_a_change_in_substance_is_announced(admin_client: Client, client: Client, post: Post) -> None:
    save(admin_client, post, body="<p>New advice.</p>", change_text=" A new trial\nwas added. ")
    today = timezone.localdate()
    assert post.updated_on == today
    assert dates_of(client) == (str(today), str(today))
    page = get_page(client, "/knees/")
    (log,) = page.find_class("change-log")
    assert "A new trial was added." in log.text_content()
    assert "Correction" not in log.text_content()
    assert page.xpath(f"//*[@class='change-log']//time[@datetime='{today}']")
    (updated,) = page.xpath("//header//span[starts-with(., 'Updated')]/time/@datetime")
    assert updated == str(today)


def test_a_correction_says_so_and_needs_words(admin_client: Client, client: Client, post: Post) -> None:
    response = save(admin_client, post, is_correction="on")
    assert "Say what was wrong, and what is right." in response.content.decode()
    assert post.updated_on is None
    save(admin_client, post, is_correction="on", change_text="The dose was wrong.")
    assert "<b>Correction:</b> The dose was wrong." in client.get("/knees/").content.decode()


def test_drafts_have_no_change_log(admin_client: Client) -> None:
    draft = make_post(status="draft", published_at=None)
    save(admin_client, draft, change_text="Something.")
    assert (draft.updated_on, draft.changes.count()) == (None, 0)
    page = admin_client.get(f"/admin/blog/post/{draft.pk}/change/").content.decode()
    assert 'name="change_text"' not in page


def test_a_pending_edit_announces_its_change_when_it_is_published(admin_client: Client, post: Post) -> None:
    soon = timezone.localtime() + timedelta(minutes=5)
    save(
        admin_client,
        post,
        body="<p>New advice.</p>",
        change_text="New advice.",
        _pending="",
        publish_changes_at_0=f"{soon:%Y-%m-%d}",
        publish_changes_at_1=f"{soon:%H:%M}",
    )
    assert (post.updated_on, post.changes.count()) == (None, 0)
    form = admin_client.get(f"/admin/blog/post/{post.pk}/change/").content.decode()
    assert "New advice." in form.split('name="change_text"')[1].split("</textarea>")[0]
    post.pending_edits.update(publish_at=timezone.now())
    assert publish_due_edits() == 1
    post.refresh_from_db()
    assert post.updated_on == timezone.localdate()
    assert post.changes.get().text == "New advice."


def test_the_change_log_escapes_and_works_for_pages(client: Client) -> None:
    page = make_page(slug="about-knees", updated_on=timezone.localdate())
    page.changes.create(text="<script>alert(1)</script>")
    html = client.get("/about-knees/").content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_the_time_of_the_last_change_is_never_before_publication() -> None:
    now = timezone.now()
    midnight = timezone.make_aware(datetime.combine(timezone.localdate(), time.min))
    assert Post(published_at=now).last_changed_at == now
    assert Post(published_at=now, updated_on=timezone.localdate()).last_changed_at == now
    earlier = now - timedelta(days=3)
    assert Post(published_at=earlier, updated_on=timezone.localdate()).last_changed_at == midnight
