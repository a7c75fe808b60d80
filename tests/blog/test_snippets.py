"""Snippets: many posts show one text, which cannot be deleted while it is in use."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from lxml import html

from blog.models import Snippet
from richtext.embeds import RenderTarget
from richtext.rendering import render
from tests.factories import make_image, make_post

pytestmark = pytest.mark.any_database


def embed(snippet: Snippet) -> str:
    """Return the embed of a snippet."""
    return f'<div data-embed="snippet" data-id="{snippet.pk}"></div>'


def make_snippet(body: str = "<p>Call us.</p>", name: str = "Visit") -> Snippet:
    return Snippet.objects.create(name=name, body=body)


@pytest.mark.django_db
def test_changing_a_snippet_changes_every_post_and_the_feed(admin_client: Client, client: Client) -> None:
    snippet = make_snippet()
    for slug in ("one", "two"):
        make_post(slug=slug, body=f"<p>Text.</p>{embed(snippet)}")
    admin_client.post(
        reverse("admin:blog_snippet_change", args=[snippet.pk]), {"name": "Visit", "body": "<p>Write us.</p>"}
    )
    for path in ("/one/", "/two/", "/feed/"):
        page = client.get(path).content.decode()
        assert "Write us." in page
        assert "Call us." not in page
    assert client.get("/feed/").content.decode().count("Write us.") == 2


@pytest.mark.django_db
def test_a_snippet_is_rendered_like_a_post_with_unique_ids() -> None:
    image = make_image()
    table = "<table><caption>T</caption><tbody><tr><td>1</td></tr></tbody></table>"
    snippet = make_snippet(f'<h2 id="one">One</h2>{table}<figure><img data-image="{image.pk}"></figure>')
    page: Any = html.fromstring(f"<div>{render(f'<h2 id="one">One</h2>{table}{embed(snippet)}')}</div>")
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids)) == 4
    assert set(page.xpath("//@aria-labelledby")) <= set(ids)
    assert page.xpath("//figure//img/@alt") == [image.alt]


@pytest.mark.django_db
def test_the_editor_shows_the_name_of_a_snippet_instead_of_its_text() -> None:
    shown = render(embed(make_snippet(name="A <b>")), RenderTarget.EDITOR)
    assert 'data-title="A &lt;b&gt;"' in shown
    assert "Call us" not in shown


@pytest.mark.django_db
def test_a_snippet_in_a_snippet_is_refused(admin_client: Client) -> None:
    inner = make_snippet()
    response = admin_client.post(reverse("admin:blog_snippet_add"), {"name": "Outer", "body": embed(inner)})
    assert "cannot contain another snippet" in response.content.decode()
    assert Snippet.objects.count() == 1


@pytest.mark.django_db
def test_a_snippet_that_contains_itself_is_rendered_once() -> None:
    snippet = make_snippet()
    Snippet.objects.update(body=f"<p>Once.</p>{embed(snippet)}")
    assert render(embed(snippet)).count("Once.") == 1


@pytest.mark.django_db
def test_the_list_of_snippets_for_the_editor_requires_signing_in(admin_client: Client, client: Client) -> None:
    snippet = make_snippet()
    assert admin_client.get("/admin/blog/snippet/list/").json() == [{"id": snippet.pk, "name": "Visit"}]
    assert client.get("/admin/blog/snippet/list/").status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize("source", ["post", "author", "pending edit"])
def test_a_snippet_in_use_cannot_be_deleted_and_its_sources_are_listed(admin_client: Client, source: str) -> None:
    snippet = make_snippet()
    post = make_post(title="The source", body=embed(snippet) if source == "post" else "<p>x</p>")
    if source == "author":
        author = post.author
        author.name, author.long_bio = "The source", embed(snippet)
        author.save()
    if source == "pending edit":
        post.pending_edits.create(data=post.snapshot() | {"body": embed(snippet)})
    page = admin_client.get(reverse("admin:blog_snippet_change", args=[snippet.pk])).content.decode()
    assert ">The source</a>" in page
    refused = admin_client.post(reverse("admin:blog_snippet_delete", args=[snippet.pk]), {"post": "yes"})
    assert "“The source”</a>" in refused.content.decode()
    assert Snippet.objects.exists()


@pytest.mark.django_db
def test_an_unused_snippet_whose_key_starts_like_a_used_ones_can_be_deleted(admin_client: Client) -> None:
    used = Snippet.objects.create(pk=12, name="Used", body="<p>a</p>")
    free = Snippet.objects.create(pk=1, name="Free", body="<p>b</p>")
    make_post(body=f"{embed(used)}<p>See the snippet.</p>")
    admin_client.post(reverse("admin:blog_snippet_delete", args=[free.pk]), {"post": "yes"})
    assert list(Snippet.objects.all()) == [used]


@pytest.mark.django_db
def test_an_image_in_a_snippet_cannot_be_deleted(admin_client: Client) -> None:
    image = make_image()
    make_snippet(f'<figure><img data-image="{image.pk}"></figure>')
    page = admin_client.post(reverse("admin:images_image_delete", args=[image.pk]), {"post": "yes"}).content.decode()
    assert "Visit" in page
    assert type(image).objects.filter(pk=image.pk).exists()
