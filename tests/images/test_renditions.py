"""Renditions: small files in modern formats, always with width and height."""

import errno
import re

import pytest
from django.core.files.storage import default_storage
from django.db.models import ProtectedError
from django.test import Client
from django.urls import reverse
from PIL import Image as Pillow

from images import renditions
from images.models import Image
from images.rendition_formats import FORMATS_HASH
from images.renditions import image_html
from images.tasks import create_missing_renditions, create_renditions
from tests.factories import make_image, make_post

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


def urls(markup: str) -> set[str]:
    sets = re.findall(r'srcset="([^"]+)"', markup)
    return {part.split()[0] for each in sets for part in each.split(", ")} | set(re.findall(r'src="([^"]+)"', markup))


def test_without_renditions_the_file_is_shown_with_its_size() -> None:
    image = make_image(width=900, height=600)
    assert urls(image_html(image)) == {image.file.url}
    assert 'width="900" height="600"' in image_html(image)


@pytest.mark.parametrize("shape", ["whole", "card"])
def test_every_url_in_the_markup_is_a_stored_file_of_that_width(shape: str) -> None:
    image = make_image(width=900, height=600)
    create_renditions(image)
    markup = image_html(Image.objects.get(), shape=shape)
    assert len(urls(markup)) == 5
    for width, url in ((int(w), u) for u, w in re.findall(r"([^\s\"]+) (\d+)w", markup)):
        with default_storage.open(url.removeprefix("/media/")) as file:
            assert Pillow.open(file).width == width
    assert all(default_storage.exists(url.removeprefix("/media/")) for url in urls(markup))
    assert "image/avif" in markup
    assert "image/webp" in markup


def test_a_small_image_is_never_enlarged() -> None:
    image = make_image(width=300, height=200)
    create_renditions(image)
    with default_storage.open(image.file.whole480_webp.removeprefix("/media/")) as file:
        assert Pillow.open(file).width == 300


def test_pinterest_gets_a_tall_image() -> None:
    image = make_image(width=900, height=600)
    assert renditions.pinterest_image_url(image) == image.file.url
    create_renditions(image)
    with default_storage.open(renditions.pinterest_image_url(image).removeprefix("/media/")) as file:
        assert Pillow.open(file).size == (800, 1200)


def test_only_the_first_image_of_a_page_loads_eagerly() -> None:
    image = make_image()
    assert 'loading="lazy"' in image_html(image)
    assert 'loading="lazy"' not in image_html(image, is_first=True)


def test_a_new_focal_point_needs_new_renditions() -> None:
    image = make_image(width=900, height=300)
    assert create_missing_renditions() == 1
    assert create_missing_renditions() == 0
    image = Image.objects.get()
    before = image.file.card320_webp
    image.focal_point = "0.9x0.5"
    image.save()
    assert not Image.objects.get().has_renditions
    assert create_missing_renditions() == 1
    assert Image.objects.get().file.card320_webp != before


def test_one_damaged_file_does_not_stop_the_others() -> None:
    broken, good = make_image(), make_image()
    with default_storage.open(broken.file.name, "wb") as file:
        file.write(b"not an image")
    assert create_missing_renditions(limit=1) == 0
    assert create_missing_renditions(limit=1) == 1
    assert Image.objects.get(pk=good.pk).has_renditions
    assert not Image.objects.get(pk=broken.pk).has_renditions


def test_an_image_that_cannot_be_read_is_named_on_the_dashboard_and_does_not_stop_the_others(
    monkeypatch: pytest.MonkeyPatch, admin_client: Client
) -> None:
    unreadable, good = make_image(title="Locked"), make_image()
    create_files = renditions.create_files

    def fail_for_one(image: Image) -> None:
        if image.pk == unreadable.pk:
            raise PermissionError(errno.EACCES, "Permission denied")
        create_files(image)

    monkeypatch.setattr(renditions, "create_files", fail_for_one)
    assert create_missing_renditions() == 1
    assert Image.objects.get(pk=good.pk).has_renditions
    assert "The sizes of “Locked” could not be created" in admin_client.get("/admin/").text


def test_a_full_disk_says_nothing_about_an_image(monkeypatch: pytest.MonkeyPatch) -> None:
    make_image()

    def fail(image: Image) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(renditions, "create_files", fail)
    with pytest.raises(OSError, match="No space"):
        create_missing_renditions()
    assert Image.objects.needing_renditions().count() == 1


def test_a_replaced_file_is_not_marked_as_rendered(monkeypatch: pytest.MonkeyPatch) -> None:
    image = make_image()
    monkeypatch.setattr(
        renditions, "_rendition_names", lambda image: Image.objects.update(focal_point="0.1x0.1") and [] or []
    )
    create_renditions(image)
    assert not Image.objects.get().has_renditions


def test_an_image_in_use_cannot_be_deleted() -> None:
    image = make_image()
    make_post(body=f'<figure><img data-image="{image.pk}"></figure><p>x</p>')
    with pytest.raises(ProtectedError):
        image.delete()


def test_an_image_removed_from_the_text_can_be_deleted(admin_client: Client) -> None:
    image = make_image()
    post = make_post(body=f'<figure><img data-image="{image.pk}"></figure><p>x</p>')
    page = admin_client.post(reverse("admin:images_image_delete", args=[image.pk]), {"post": "yes"})
    assert post.title in page.content.decode()
    post.body = "<p>x</p>"
    post.save()
    admin_client.post(reverse("admin:images_image_delete", args=[image.pk]), {"post": "yes"})
    assert not Image.objects.exists()


def test_media_are_cached_forever_and_cannot_run_scripts(client: Client) -> None:
    image = make_image()
    response = client.get(image.file.url)
    assert response.status_code == 200
    assert "immutable" in response["Cache-Control"]
    assert "sandbox" in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"
    second_response = client.get(image.file.url, headers={"If-Modified-Since": response["Last-Modified"]})
    assert second_response.status_code == 304


@pytest.mark.parametrize("path", ["no-such.jpg", "../db.sqlite3", "..%2f..%2fetc/passwd", "images", "a%00b"])
def test_files_outside_the_media_folder_are_not_found(client: Client, path: str) -> None:
    assert client.get(f"/media/{path}").status_code == 404


def test_crops_have_the_expected_size_and_contain_the_focal_point() -> None:
    image = make_image(width=1500, height=500, color="navy", focal_point="0.9x0.5")
    with default_storage.open(image.file.name) as file:
        drawing = Pillow.open(file).convert("RGB")
    drawing.paste("red", (1300, 200, 1400, 300))
    with default_storage.open(image.file.name, "wb") as file:
        drawing.save(file, "PNG")
    create_renditions(image)
    for name, size in (("card640_jpg", (640, 427)), ("og_jpg", (1200, 630)), ("card640_avif", (640, 427))):
        with default_storage.open(getattr(image.file, name).removeprefix("/media/")) as file:
            crop = Pillow.open(file).convert("RGB")
        assert crop.size == size
        middle = crop.getpixel(
            (round(size[0] * (1350 - (1500 - 500 * size[0] / size[1])) / (500 * size[0] / size[1])), size[1] // 2)
        )
        assert isinstance(middle, tuple)
        assert middle[0] > 200 > 60 > middle[2]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("size", "focal_point", "classes"),
    [
        ((300, 200), "0.5x0.5", "image"),
        ((300, 200), "0.9x0.5", "image image--right"),
        ((300, 200), "0.1x0.2", "image image--left image--top"),
        # Wide and tall images are cropped around the point, so it is in the middle unless it is near the edge.
        ((900, 200), "0.7x0.5", "image"),
        ((900, 200), "0.97x0.5", "image image--right"),
        ((200, 900), "0.5x0.2", "image"),
        ((200, 900), "0.5x0.03", "image image--top"),
    ],
)
def test_a_card_says_on_which_side_its_focal_point_is(size: tuple[int, int], focal_point: str, classes: str) -> None:
    image = make_image(width=size[0], height=size[1], focal_point=focal_point, formats_hash=FORMATS_HASH)
    assert f'class="{classes} image--drawing"' in image_html(image, shape="card")


@pytest.mark.django_db
def test_images_higher_than_a_screen_are_narrower_in_a_text() -> None:
    classes = [
        "image--narrow" if "image--narrow" in html else "image--tall" if "image--tall" in html else ""
        for html in (image_html(make_image(width=90, height=height)) for height in (60, 110, 120, 180, 200))
    ]
    assert classes == ["", "", "image--tall", "image--tall", "image--narrow"]


def test_only_images_that_may_be_transparent_have_a_ground_in_dark_mode() -> None:
    drawing, jpeg = make_image(), make_image()
    jpeg.file.name = "images/bridge.jpg"
    for shape in ("card", "whole"):
        assert "image--drawing" in image_html(drawing, shape=shape)
        assert "image--drawing" not in image_html(jpeg, shape=shape)
