"""The images of the whole site: logo, hero image and the image shown with links."""

import pytest
from django.test import Client

from images.models import Image
from richtext.references import Reference
from siteinfo.models import Appearance
from tests.appearance_form import URL, save_appearance
from tests.factories import make_image

pytestmark = pytest.mark.django_db


def _choose(client: Client, name: str, image: Image) -> None:
    save_appearance(client, **{name: image.pk})


def test_logo_replaces_the_mark_at_the_top_of_pages(admin_client: Client, client: Client) -> None:
    assert "brand-logo" not in client.get("/").text
    image = make_image()
    _choose(admin_client, "logo", image)
    top = client.get("/").text.partition('<main id="main"')[0]
    assert f'<span class="brand-logo"><img src="{image.file.url}"' in top
    assert "brand-mark" not in top


def test_hero_shows_the_chosen_image_with_its_alternative_text(admin_client: Client, client: Client) -> None:
    Appearance.objects.create(has_drawings=True)
    assert "site/img/hero.svg" in client.get("/").text
    image = make_image(alt="Two people on a path")
    _choose(admin_client, "hero_image", image)
    page = client.get("/").text
    assert "site/img/hero.svg" not in page
    assert 'alt="Two people on a path"' in page


def test_pages_without_an_image_share_the_one_of_the_site(admin_client: Client, client: Client) -> None:
    image = make_image(alt="The practice from outside")
    _choose(admin_client, "share_image", image)
    page = client.get("/").text
    assert f'<meta property="og:image" content="http://testserver{image.file.url}">' in page
    assert '<meta property="og:image:alt" content="The practice from outside">' in page


def test_an_image_of_the_site_cannot_be_deleted_and_says_where_it_is_used(admin_client: Client) -> None:
    image = make_image()
    _choose(admin_client, "logo", image)
    assert [reference.field for reference in Reference.objects.to(image)] == ["logo"]
    page = admin_client.get(f"/admin/images/image/{image.pk}/delete/").text
    assert "Logo and site images" in page
    assert admin_client.get("/admin/images/siteimages/1/change/", follow=True).redirect_chain[-1][0] == URL
    assert Image.objects.filter(pk=image.pk).exists()
