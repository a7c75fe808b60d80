"""Uploads are recognized by their content and lose their metadata, or are rejected with a message."""

import io
import struct
import tracemalloc
import zlib
from contextlib import suppress
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from PIL import Image as Pillow
from PIL import ImageFile, ImageOps

from images import uploads
from images.uploads import process_upload


def upload(
    format_name: str = "JPEG", size: tuple[int, int] = (60, 40), mode: str = "RGB", **options: object
) -> ContentFile:
    output = io.BytesIO()
    Pillow.new(mode, size, "teal" if mode == "RGB" else None).save(output, format_name, **options)
    return ContentFile(output.getvalue(), name="My Photo 1.jpg")


def upload_with_gps(orientation: int = 1) -> ContentFile:
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "A camera"
    exif.get_ifd(0x8825)[2] = (47.0, 22.0, 10.0)
    return upload(exif=exif)


def huge_png(width: int, height: int) -> ContentFile:
    """Return a PNG that claims to be large but has almost no data."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )
    return ContentFile(data, name="bomb.png")


def open_image(file: ContentFile) -> Pillow.Image:
    file.seek(0)
    return Pillow.open(file)


def test_location_and_camera_are_removed() -> None:
    source = upload_with_gps()
    assert open_image(source).getexif().get_ifd(0x8825)
    image = open_image(process_upload(source))
    assert not image.getexif()
    assert b"A camera" not in process_upload(source).read()
    assert not {"exif", "icc_profile", "comment", "xmp"} & image.info.keys()


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
@pytest.mark.parametrize("orientation", range(10))
def test_images_are_turned_upright_in_every_orientation_and_format(format_name: str, orientation: int) -> None:
    exif, output = Pillow.Exif(), io.BytesIO()
    exif[0x0112] = orientation
    drawing = Pillow.new("RGB", (64, 32), "blue")
    drawing.paste("red", (0, 0, 32, 16))
    drawing.save(output, format_name, exif=exif.tobytes())
    image = open_image(process_upload(ContentFile(output.getvalue(), name="x.jpg"))).convert("RGB")
    expected = ImageOps.exif_transpose(open_image(ContentFile(output.getvalue()))).convert("RGB")
    assert image.size == expected.size == ((32, 64) if orientation in {5, 6, 7, 8} else (64, 32))
    for corner in ((4, 4), (image.width - 5, 4), (4, image.height - 5), (image.width - 5, image.height - 5)):
        assert image.getpixel(corner) == pytest.approx(expected.getpixel(corner), abs=20)


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    "exif", [b"Exif\0\0garbage", b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"XMP", b"\xff" * 90]
)
def test_unreadable_metadata_is_no_reason_to_reject_an_image(format_name: str, exif: bytes) -> None:
    assert open_image(process_upload(upload(format_name, exif=exif))).size == (60, 40)


def test_exif_orientation_is_applied() -> None:
    assert open_image(process_upload(upload_with_gps(orientation=6))).size == (40, 60)


def test_a_large_image_is_resized() -> None:
    assert max(open_image(process_upload(upload(size=(5000, 2500)))).size) == uploads.MAX_SIDE


@pytest.mark.parametrize(
    ("format_name", "stored_format", "extension"),
    [
        ("JPEG", "JPEG", ".jpg"),
        ("PNG", "PNG", ".png"),
        ("WEBP", "WEBP", ".webp"),
        ("AVIF", "JPEG", ".jpg"),
        ("GIF", "PNG", ".png"),
        ("HEIF", "JPEG", ".jpg"),
    ],
)
def test_every_common_format_is_accepted(format_name: str, stored_format: str, extension: str) -> None:
    stored = process_upload(upload(format_name))
    assert open_image(stored).format == stored_format
    assert (stored.name or "").startswith("my-photo-1-")
    assert (stored.name or "").endswith(extension)


@pytest.mark.parametrize("format_name", ["PNG", "WEBP", "AVIF", "HEIF"])
def test_a_drawing_keeps_its_transparency(format_name: str) -> None:
    drawing = io.BytesIO()
    Pillow.new("RGBA", (60, 40), (0, 0, 0, 0)).save(drawing, format_name)
    stored = process_upload(ContentFile(drawing.getvalue(), name="x.png"))
    image = open_image(stored)
    assert image.getchannel("A").getextrema() == (0, 0)
    assert (stored.name or "").endswith(".png" if format_name == "PNG" else ".webp")


def test_an_upload_with_an_unused_channel_of_transparency_is_stored_as_a_jpeg() -> None:
    upload = io.BytesIO()
    Pillow.new("RGBA", (60, 40), "teal").save(upload, "HEIF")
    assert open_image(process_upload(ContentFile(upload.getvalue(), name="x.heic"))).format == "JPEG"


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (ContentFile(b"<html><script>alert(1)</script>", name="x.jpg"), "not an image"),
        (ContentFile(b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', name="x.svg"), "not an image"),
        (ContentFile(b"", name="x.jpg"), "not an image"),
        (ContentFile(upload(size=(400, 400)).read()[:600], name="x.jpg"), "damaged"),
        (huge_png(10_000, 7_000), "10000 × 7000 pixels"),
        (huge_png(20_000, 10_000), "too many pixels"),
        (huge_png(60_000, 60_000), "too many pixels"),
    ],
)
def test_an_unusable_image_is_rejected_with_a_message(file: ContentFile, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        process_upload(file)


@pytest.mark.parametrize("format_name", uploads.MAX_PIXELS)
def test_an_image_with_too_many_pixels_is_rejected_undecoded(monkeypatch: pytest.MonkeyPatch, format_name: str) -> None:
    options: dict[str, Any] = (
        {"save_all": True, "append_images": [Pillow.new("RGB", (60, 40))]} if format_name == "MPO" else {}
    )
    source = upload(format_name, size=(60, 40), **options)
    monkeypatch.setitem(uploads.MAX_PIXELS, format_name, 60 * 40 - 1)
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda *args: pytest.fail("the image was decoded"))
    with pytest.raises(ValidationError, match="60 × 40 pixels, which is too large"):
        process_upload(source)


def test_a_small_webp_file_with_many_pixels_is_rejected() -> None:
    with pytest.raises(ValidationError, match="16383 × 3600 pixels"):
        process_upload(upload("WEBP", size=(16383, 3600), method=0, quality=0))


def test_a_file_that_is_too_large_is_rejected_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_BYTES", 100)
    with pytest.raises(ValidationError, match="larger than"):
        process_upload(ContentFile(b"x" * 101, name="x.jpg"))


def test_a_heic_image_is_converted_without_metadata() -> None:
    exif = Pillow.Exif()
    exif[0x010F] = "A camera"
    output = io.BytesIO()
    Pillow.effect_mandelbrot((160, 120), (-2.2, -1.2, 1.0, 1.2), 40).convert("RGB").save(output, "HEIF", exif=exif)
    assert output.getvalue()[4:12] == b"ftypheic"
    stored = process_upload(ContentFile(output.getvalue(), name="IMG_0815.HEIC"))
    assert (open_image(stored).format, open_image(stored).size) == ("JPEG", (160, 120))
    assert b"A camera" not in stored.read()


@pytest.mark.parametrize("format_name", ["GIF", "WEBP", "PNG"])
def test_an_animation_is_refused_without_reading_its_frames(monkeypatch: pytest.MonkeyPatch, format_name: str) -> None:
    output = io.BytesIO()
    frames = [Pillow.new("RGB", (20, 20), (number, 0, 0)) for number in range(0, 250, 10)]
    frames[0].save(output, format_name, save_all=True, append_images=frames[1:], duration=100)
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda *args: pytest.fail("a frame was decoded"))
    with pytest.raises(ValidationError, match="This image is animated"):
        process_upload(ContentFile(output.getvalue(), name="a.gif"))


def test_an_mpo_upload_becomes_a_jpeg_of_its_first_image() -> None:
    exif = Pillow.Exif()
    exif[0x010F] = "A camera"
    output = io.BytesIO()
    first, second = Pillow.new("RGB", (60, 40), "teal"), Pillow.new("RGB", (60, 40), "red")
    first.save(output, "MPO", save_all=True, append_images=[second], exif=exif)
    stored = process_upload(ContentFile(output.getvalue(), name="IMG_0815.JPG"))
    image = open_image(stored)
    assert (image.format, getattr(image, "n_frames", 1)) == ("JPEG", 1)
    assert image.getpixel((30, 20)) == pytest.approx((0, 128, 128), abs=3)
    assert b"A camera" not in process_upload(ContentFile(output.getvalue(), name="IMG_0815.JPG")).read()


@pytest.mark.parametrize(
    ("width", "height", "stored"),
    [
        (1000, 8000, (1000, 8000)),
        (8000, 1000, (8000, 1000)),
        (1290, 9000, (1000, 6977)),
        (5000, 2500, (2560, 1280)),
        (4000, 3000, (2560, 1920)),
        (300, 200, (300, 200)),
        (500, 30_000, (267, 16_000)),
        (3000, 20_000, (1000, 6667)),
        (1, 50_000, (1, 16_000)),
    ],
)
def test_the_short_side_stays_readable(width: int, height: int, stored: tuple[int, int]) -> None:
    assert uploads.stored_size(width, height) == stored


def test_a_long_infographic_keeps_its_width() -> None:
    assert open_image(process_upload(upload("PNG", size=(1000, 8000)))).size == (1000, 8000)
    assert open_image(process_upload(upload(size=(8000, 1000)))).size == (8000, 1000)


def test_an_upload_is_stored_without_optimizing_if_it_must(monkeypatch: pytest.MonkeyPatch) -> None:
    noise = Pillow.effect_noise((2000, 2000), 200).convert("RGB")
    output = io.BytesIO()
    noise.save(output, "JPEG", quality=98, subsampling=0)
    # As small as Pillow's guess is for larger photos.
    monkeypatch.setattr(ImageFile, "MAXBLOCK", 1024)
    monkeypatch.setitem(uploads._SAVE, "JPEG", uploads._SAVE["JPEG"] | {"quality": 100})
    assert open_image(process_upload(ContentFile(output.getvalue(), name="n.jpg"))).size == (2000, 2000)


def with_profile(profile: bytes) -> ContentFile:
    """Return a PNG with this color profile, compressed."""
    data = upload("PNG").read()
    body = b"x\0\0" + zlib.compress(profile, 9)
    chunk = struct.pack(">I", len(body)) + b"iCCP" + body + struct.pack(">I", zlib.crc32(b"iCCP" + body))
    return ContentFile(data[:33] + chunk + data[33:], name="x.png")


@pytest.mark.parametrize("size", [100, uploads.MAX_PROFILE, 60_000_000])
def test_an_invalid_color_profile_needs_little_memory(size: int) -> None:
    file = with_profile(b"\0" * size)
    tracemalloc.start()
    # It may be accepted without the profile, or rejected.
    with suppress(ValidationError):
        process_upload(file)
    assert tracemalloc.get_traced_memory()[1] < 30_000_000
    tracemalloc.stop()
