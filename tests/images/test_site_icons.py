"""The icons for tabs and home screens, made from the author's image."""

import io

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image as Pillow

from images.models import Image, SiteImages
from redirects.models import NotFoundLog
from tests.appearance_form import save_appearance

pytestmark = pytest.mark.django_db

RED, BLUE = (200, 20, 20), (20, 20, 200)


def _choose(drawing: Pillow.Image, kind: str = "PNG", **fields: str) -> Image:
    file = io.BytesIO()
    drawing.save(file, kind)
    image = Image.objects.create_from_upload(SimpleUploadedFile(f"logo.{kind.lower()}", file.getvalue()), **fields)
    SiteImages.objects.update_or_create(pk=SiteImages.singleton_instance_id, defaults={"icon": image})
    return image


def _icon(client: Client, path: str) -> Pillow.Image:
    response = client.get(path)
    assert response.status_code == 200
    assert "max-age=86400" in response["Cache-Control"]
    return Pillow.open(io.BytesIO(response.content))


def test_favicon_is_an_ico_file_with_the_sizes_of_browsers(client: Client) -> None:
    _choose(Pillow.new("RGB", (600, 600), RED))
    assert client.get("/favicon.ico")["Content-Type"] == "image/x-icon"
    icon = _icon(client, "/favicon.ico")
    assert icon.format == "ICO"
    assert icon.info["sizes"] == {(16, 16), (32, 32), (48, 48)}
    for size in (16, 32, 48):
        icon.size = (size, size)  # type: ignore[misc]
        assert icon.convert("RGB").getpixel((size // 2, size // 2)) == RED


@pytest.mark.parametrize(("path", "side"), [("/apple-touch-icon.png", 180), ("/icon.png", 192)])
def test_png_icons_are_square_in_the_size_that_devices_expect(client: Client, path: str, side: int) -> None:
    _choose(Pillow.new("RGB", (900, 700), RED))
    assert client.get(path)["Content-Type"] == "image/png"
    icon = _icon(client, path)
    assert (icon.format, icon.size) == ("PNG", (side, side))
    assert icon.convert("RGB").getpixel((90, 90)) == RED


@pytest.mark.parametrize("variant", ["-precomposed", "-120x120", "-152x152-precomposed", ""])
def test_variants_that_apple_devices_request_are_no_missing_pages(client: Client, variant: str) -> None:
    assert _icon(client, f"/apple-touch-icon{variant}.png").size == (180, 180)
    client.get("/favicon.ico")
    assert not NotFoundLog.objects.exists()


def test_logo_on_a_transparent_ground_is_shown_whole_and_on_white_on_home_screens(client: Client) -> None:
    logo = Pillow.new("RGBA", (600, 200), (*RED, 255))
    logo.putpixel((0, 0), (0, 0, 0, 0))
    _choose(logo)
    icon = _icon(client, "/icon.png")
    assert icon.getpixel((96, 10)) == (0, 0, 0, 0)
    assert icon.convert("RGB").getpixel((5, 96)) == RED
    home_screen = _icon(client, "/apple-touch-icon.png")
    assert (home_screen.mode, home_screen.getpixel((90, 10))) == ("RGB", (255, 255, 255))


def test_opaque_image_is_cropped_around_its_focal_point(client: Client) -> None:
    opaque = Pillow.new("RGB", (900, 300), BLUE)
    opaque.paste(RED, (600, 0, 900, 300))
    image = _choose(opaque, focal_point="1x0.5")
    assert _icon(client, "/icon.png").convert("RGB").getpixel((20, 96)) == RED
    image.focal_point = "0x0.5"
    image.save()
    assert _icon(client, "/icon.png").convert("RGB").getpixel((170, 96)) == BLUE


def test_site_without_an_icon_and_one_whose_file_is_lost_get_the_mark(client: Client) -> None:
    mark = client.get("/icon.png").content
    image = _choose(Pillow.new("RGB", (64, 64), RED))
    default_storage.delete(image.file.name)
    assert client.get("/icon.png").content == mark
    assert client.get("/favicon.ico").status_code == 200


def test_pages_link_to_the_icons_and_search_engines_get_a_raster_logo(client: Client) -> None:
    page = client.get("/").text
    assert '<link rel="icon" href="/icon.png" type="image/png" sizes="192x192">' in page
    assert '<link rel="apple-touch-icon" href="/apple-touch-icon.png">' in page


def test_author_chooses_the_icon_in_the_admin(admin_client: Client) -> None:
    image = _choose(Pillow.new("RGB", (600, 600), RED))
    SiteImages.objects.all().delete()
    save_appearance(admin_client, icon=image.pk)
    assert SiteImages.load().icon == image
    assert "in the library" not in admin_client.get("/admin/appearance/").text
