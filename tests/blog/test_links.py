"""The desk's report on links: what nothing links to, and what leads nowhere."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from blog.internal_links import broken_links, orphans
from blog.models import Post, Snippet
from tests.factories import make_author, make_category, make_page, make_post

pytestmark = pytest.mark.django_db


def link(href: str) -> str:
    return f'<p><a href="{href}">there</a></p>'


def test_posts_that_no_public_text_links_to_are_orphans() -> None:
    author = make_author(long_bio=link("/by-page/"))
    Snippet.objects.create(name="S", body=link("/by-snippet/"))
    for slug in ("by-post", "by-page", "by-snippet", "by-draft", "by-itself"):
        make_post(slug=slug, author=author, body=link(f"/{slug}/") if slug == "by-itself" else "<p>x</p>")
    make_post(slug="holder", author=author, body=link("/by-post/"))
    make_post(slug="draft", author=author, body=link("/by-draft/"), status=Post.Status.DRAFT)
    assert {post.slug for post in orphans()} == {"by-draft", "by-itself", "holder"}


def test_links_to_what_readers_cannot_open_are_broken() -> None:
    make_page(slug="privacy-policy")
    make_category(slug="pain")
    author = make_author(slug="sam")
    post = make_post(slug="a", author=author, tags=["Stairs"])
    make_post(slug="draft", title="Half", author=author, status=Post.Status.DRAFT)
    make_post(slug="gone", title="Old", author=author, trashed_at=timezone.now())
    alive = ["/", "/blog/", "/a/", "/category/pain/", "/tag/stairs/", "/author/sam/", "/privacy-policy/", "/feed/"]
    alive += [f"/{post.published_at:%Y}/", f"/{post.published_at:%Y/%m}/", "/a", "/category/pain/feed/"]
    dead = ["/nothing/", "/draft/", "/gone/", "/category/none/", "/tag/none/", "/terms-of-use/", "/1999/", "/admin/"]
    dead += ["/media/images/none.jpg", "/a/b/c/"]
    make_post(slug="b", author=author, body="".join(map(link, alive + dead)))
    found = {broken.address: broken.reason for broken in broken_links()}
    assert set(found) == {f"{each.rstrip('/')}/" for each in dead}
    assert found["/draft/"] == "“Half” is a draft."
    assert found["/gone/"] == "“Old” is in the trash."


def test_the_report_lists_a_planted_orphan_and_a_planted_dead_link(admin_client: Client) -> None:
    orphan = make_post(title="Lonely one")
    holder = make_post(title="Holding one", body=link("/nowhere/"))
    page = admin_client.get(reverse("admin:blog_post_links")).content.decode()
    for words in ("Lonely one", "Holding one", "/nowhere/", "There is nothing at this address."):
        assert words in page
    for post in (orphan, holder):
        assert reverse("admin:blog_post_change", args=[post.pk]) in page
    assert reverse("admin:blog_post_links") in admin_client.get(reverse("admin:blog_post_changelist")).content.decode()


def test_the_report_costs_the_same_for_many_posts(admin_client: Client) -> None:
    def count(ask: Callable[[], object]) -> int:
        with CaptureQueriesContext(connection) as queries:
            ask()
        return len(queries)

    def ask() -> object:
        return admin_client.get(reverse("admin:blog_post_links"))

    make_post(body=link("/nowhere/"))
    with_one = count(ask)
    for number in range(12):
        make_post(body=link(f"/nowhere-{number}/") + link("/category/x/"))
    assert count(ask) == with_one
