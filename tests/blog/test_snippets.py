"""Snippets: written once, shown in many posts, and never lost from under them."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from lxml import html

from accounts.models import Author
from blog.models import Snippet
from richtext.embeds import RenderTarget
from richtext.rendering import render
from tests.factories import make_image, make_post


def place(snippet: Snippet) -> str:
    return f'<div data-embed="snippet" data-id="{snippet.pk}"></div>'


def make_snippet(body: str = "<p>Call us.</p>", name: str = "Visit") -> Snippet:
    return Snippet.objects.create(name=name, body=body)


@pytest.mark.django_db
def test_changing_a_snippet_changes_every_post_and_the_feed(admin_client: Client, client: Client) -> None:
    snippet = make_snippet()
    for slug in ("one", "two"):
        make_post(slug=slug, body=f"<p>Text.</p>{place(snippet)}")
    admin_client.post(
        reverse("admin:blog_snippet_change", args=[snippet.pk]), {"name": "Visit", "body": "<p>Write us.</p>"}
    )
    for path in ("/one/", "/two/", "/feed/"):
        page = client.get(path).content.decode()
        assert "Write us." in page
        assert "Call us." not in page
    assert client.get("/feed/").content.decode().count("Write us.") == 2


@pytest.mark.django_db
def test_what_a_snippet_holds_looks_as_in_a_post_and_its_addresses_are_its_own() -> None:
    image = make_image()
    table = "<table><caption>T</caption><tbody><tr><td>1</td></tr></tbody></table>"
    snippet = make_snippet(f'<h2 id="one">One</h2>{table}<figure><img data-image="{image.pk}"></figure>')
    page: Any = html.fromstring(f"<div>{render(f'<h2 id="one">One</h2>{table}{place(snippet)}')}</div>")
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids)) == 4
    assert set(page.xpath("//@aria-labelledby")) <= set(ids)
    assert page.xpath("//figure//img/@alt") == [image.alt]


@pytest.mark.django_db
def test_the_editor_gets_the_place_and_the_name_not_the_text() -> None:
    shown = render(place(make_snippet(name="A <b>")), RenderTarget.EDITOR)
    assert 'data-title="A &lt;b&gt;"' in shown
    assert "Call us" not in shown


@pytest.mark.django_db
def test_a_snippet_in_a_snippet_is_refused(admin_client: Client) -> None:
    inner = make_snippet()
    response = admin_client.post(reverse("admin:blog_snippet_add"), {"name": "Outer", "body": place(inner)})
    assert "cannot hold another snippet" in response.content.decode()
    assert Snippet.objects.count() == 1


@pytest.mark.django_db
def test_a_snippet_stored_within_itself_still_ends() -> None:
    snippet = make_snippet()
    Snippet.objects.update(body=f"<p>Once.</p>{place(snippet)}")
    assert render(place(snippet)).count("Once.") == 1


@pytest.mark.django_db
def test_the_editor_lists_snippets_for_those_at_the_desk_only(admin_client: Client, client: Client) -> None:
    snippet = make_snippet()
    assert admin_client.get("/admin/blog/snippet/list/").json() == [{"id": snippet.pk, "name": "Visit"}]
    assert client.get("/admin/blog/snippet/list/").status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize("way", ["post", "author", "private edit"])
def test_a_used_snippet_is_not_deleted_and_its_users_are_named(admin_client: Client, way: str) -> None:
    snippet = make_snippet()
    post = make_post(title="The user", body=place(snippet) if way == "post" else "<p>x</p>")
    if way == "author":
        author = Author.objects.get()
        author.name, author.long_bio = "The user", place(snippet)
        author.save()
    if way == "private edit":
        post.pending_edits.create(data=post.snapshot() | {"body": place(snippet)})
    page = admin_client.get(reverse("admin:blog_snippet_change", args=[snippet.pk])).content.decode()
    assert ">The user</a>" in page
    refused = admin_client.post(reverse("admin:blog_snippet_delete", args=[snippet.pk]), {"post": "yes"})
    assert "“The user”</a>" in refused.content.decode()
    assert Snippet.objects.exists()


@pytest.mark.django_db
def test_another_snippet_whose_number_begins_alike_is_free_to_go(admin_client: Client) -> None:
    used = Snippet.objects.create(pk=12, name="Used", body="<p>a</p>")
    free = Snippet.objects.create(pk=1, name="Free", body="<p>b</p>")
    make_post(body=f"{place(used)}<p>See the snippet.</p>")
    admin_client.post(reverse("admin:blog_snippet_delete", args=[free.pk]), {"post": "yes"})
    assert list(Snippet.objects.all()) == [used]


@pytest.mark.django_db
def test_a_picture_in_a_snippet_stays_in_the_library(admin_client: Client) -> None:
    image = make_image()
    make_snippet(f'<figure><img data-image="{image.pk}"></figure>')
    page = admin_client.post(reverse("admin:images_image_delete", args=[image.pk]), {"post": "yes"}).content.decode()
    assert "Visit" in page
    assert type(image).objects.filter(pk=image.pk).exists()
