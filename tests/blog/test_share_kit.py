"""The share kit of a published post: images in the shapes of networks, and captions to copy."""

import io

import pytest
from django.test import Client
from PIL import Image

from tests.example_site import get_page
from tests.factories import make_post

pytestmark = pytest.mark.django_db


def test_a_published_post_has_a_share_kit_with_images_and_captions(admin_client: Client) -> None:
    post = make_post(
        title="Knees & stairs", slug="knees", tldr="Go slowly.\nUse the rail.", tags=["Knee pain", "stairs"]
    )
    page = get_page(admin_client, f"/admin/blog/post/{post.pk}/change/")
    (kit,) = page.xpath("//details[contains(@class, 'share-kit')]")
    sizes = []
    for url in kit.xpath(".//img/@src"):
        response = admin_client.get(url.removeprefix("http://testserver"))
        sizes.append(Image.open(io.BytesIO(response.getvalue())).size)
    assert sizes == [(1080, 1080), (1000, 1500), (1200, 630)]
    short, long = (each.text_content() for each in kit.xpath(".//textarea"))
    assert short == "Knees & stairs http://testserver/knees/"
    assert "• Go slowly.\n• Use the rail." in long
    assert "#KneePain #Stairs" in long


def test_a_draft_has_no_share_kit(admin_client: Client) -> None:
    post = make_post(status="draft", published_at=None)
    assert "share-kit" not in admin_client.get(f"/admin/blog/post/{post.pk}/change/").text
