"""Process uploads for the library: check their content, re-encode them and remove metadata."""

import hashlib
import io
import struct
from functools import cache
from pathlib import PurePath
from typing import IO, Any

import pillow_heif
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from PIL import ExifTags, ImageCms, UnidentifiedImageError
from PIL import Image as Pillow

from plaintext.slugs import slugify

MAX_BYTES = 30 * 1024 * 1024
# What decoding takes differs by format: at its limit, each takes up to about 450 MB. Phones send JPEG or HEIC, of up
# to 50 megapixels.
MAX_PIXELS = {
    "JPEG": 60_000_000,
    # A JPEG followed by more images, such as the depth or the second lens of a phone's photo.
    "MPO": 60_000_000,
    "HEIF": 60_000_000,
    "PNG": 40_000_000,
    "GIF": 40_000_000,
    "AVIF": 30_000_000,
    "WEBP": 24_000_000,
}
MAX_SIDE = 2560
# Infographics, panoramas and screenshots of whole pages are readable with a short side of this length. Their area is
# limited, and so is their long side, because WebP has at most 16,383 pixels a side.
MIN_SHORT_SIDE = 1000
MAX_AREA = 12_000_000
MAX_LONG_SIDE = 16_000
MAX_PROFILE = 4 * 1024 * 1024  # Color profiles for print reach 3 MB; larger ones are ignored.
# The exceptions that Pillow and its decoders raise for truncated or corrupt files.
_DAMAGE = (OSError, ValueError, SyntaxError, EOFError, KeyError, MemoryError, RuntimeError, struct.error)
# Photos are stored as JPEG, drawings in a lossless format.
_STORED_FORMAT = dict.fromkeys(("JPEG", "MPO", "HEIF", "AVIF"), "JPEG") | {"PNG": "PNG", "GIF": "PNG", "WEBP": "WEBP"}
# Pillow opens MPO as JPEG.
_OPENED_FORMATS = tuple(MAX_PIXELS.keys() - {"MPO"})
# How to turn an image that a camera was not held upright for, by the value in its EXIF data.
_UPRIGHT = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}
_SAVE: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 92, "optimize": True, "progressive": True, "subsampling": "4:4:4"},
    "PNG": {"optimize": True},
    "WEBP": {"quality": 92, "method": 4},
}


@cache
def _add_heif() -> None:
    pillow_heif.register_heif_opener()


def open_image(file: IO[bytes] | File) -> "Pillow.Image":
    """Open an image in one of the formats of uploads, without decoding it. Raise what Pillow raises for others."""
    _add_heif()
    return Pillow.open(file, formats=_OPENED_FORMATS)


def process_upload(upload: File, *, is_animation_accepted: bool = False) -> ContentFile:
    """Return the file to store for `upload`: upright, sRGB, with a size from `stored_size`, no EXIF, GPS or profile.

    Its name ends in a digest of its bytes, so the content of a URL never changes. Of an animation that is accepted, the
    first picture is stored. Raise ValidationError with a message for the author if the upload is not an image, or too
    large.
    """
    if (upload.size or 0) > MAX_BYTES:
        raise ValidationError(f"This file is larger than {MAX_BYTES // 1024 // 1024} MB. Choose a smaller one.")
    try:
        upload.seek(0)
        with open_image(upload) as image:
            if image.width * image.height > MAX_PIXELS[image.format or ""]:
                raise ValidationError(
                    f"This image has {image.width} × {image.height} pixels, which is too large."
                    f" Resize it to at most {MAX_SIDE} pixels on its longer side and try again."
                )
            is_animation = image.format not in {"MPO", "HEIF"} and getattr(image, "is_animated", False)
            if is_animation and not is_animation_accepted:
                raise ValidationError(
                    "This image is animated, and the library has still images only. Add it as a video, or save the"
                    " picture you want to show as JPEG or PNG."
                )
            data, stored_format = _encode(image, _STORED_FORMAT[image.format or ""])
    except ValidationError:
        raise
    except Pillow.DecompressionBombError as error:
        raise ValidationError("This image has too many pixels. Make it smaller and try again.") from error
    except UnidentifiedImageError as error:
        raise ValidationError(
            "This file is not an image we can read. Use a JPEG, PNG, WebP, AVIF, GIF or HEIC file."
        ) from error
    except _DAMAGE as error:
        raise ValidationError("This image is damaged: part of the file is missing. Upload it again.") from error
    extension = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}[stored_format]
    return unprocessed(data, f"{PurePath(upload.name or '').stem}.{extension}")


def stored_size(width: int, height: int) -> tuple[int, int]:
    """Return the size in pixels at which an image is stored. Images are never enlarged."""
    long, short = max(width, height), min(width, height)
    scale = max(MAX_SIDE / long, MIN_SHORT_SIDE / short)
    scale = min(scale, 1, (MAX_AREA / (long * short)) ** 0.5, MAX_LONG_SIDE / long)
    return max(round(width * scale), 1), max(round(height * scale), 1)


def unprocessed(data: bytes, name: str) -> ContentFile:
    """Return the file to store for `data` as it is. For images of the project, such as those of the demo."""
    path = PurePath(name)
    stem = slugify(path.stem, 60, ascii_only=True) or "image"
    return ContentFile(data, name=f"{stem}-{hashlib.sha256(data).hexdigest()[:12]}{path.suffix}")


def _encode(image: "Pillow.Image", stored_format: str) -> tuple[bytes, str]:
    """Return the file to store and its format, which is another one if `stored_format` has no transparency."""
    # draft() lets the JPEG decoder skip detail that is not needed.
    size = stored_size(*image.size)
    image.draft("RGB", size)
    if image.mode.startswith("I"):
        # 16-bit grayscale (scans, X-rays) would be clipped at 255 instead of scaled.
        image = image.point(lambda value: value / 256).convert("L")
    # Shrink first: the next steps hold several copies of every pixel.
    if image.mode in {"RGB", "RGBA", "L", "LA", "CMYK"}:
        image.thumbnail(size, Pillow.Resampling.LANCZOS)
    upright = _to_srgb(_upright(image))
    has_alpha = "A" in upright.getbands() or "transparency" in upright.info
    plain = upright.convert("RGBA" if has_alpha else "RGB")
    if has_alpha and stored_format == "JPEG":
        # Phones and converters add a channel of transparency to photos, too.
        is_transparent = plain.getchannel("A").getextrema() != (255, 255)
        stored_format, plain = ("WEBP", plain) if is_transparent else ("JPEG", plain.convert("RGB"))
    plain.thumbnail(stored_size(*plain.size), Pillow.Resampling.LANCZOS)
    # A new image carries no metadata.
    bare = Pillow.new(plain.mode, plain.size)
    bare.paste(plain)
    return _save(bare, stored_format), stored_format


def _save(image: "Pillow.Image", stored_format: str) -> bytes:
    options = _SAVE[stored_format]
    try:
        output = io.BytesIO()
        image.save(output, format=stored_format, **options)
    except OSError:
        # Optimizing needs the whole file in a buffer whose size Pillow guesses, too small for noisy photos.
        output = io.BytesIO()
        image.save(output, format=stored_format, **options | {"optimize": False, "progressive": False})
    return output.getvalue()


def _upright(image: "Pillow.Image") -> "Pillow.Image":
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation)
    except _DAMAGE:
        return image  # Unreadable metadata is no reason to reject the image.
    method = _UPRIGHT.get(orientation or 1)
    return image.transpose(Pillow.Transpose[method]) if method else image


def _to_srgb(image: "Pillow.Image") -> "Pillow.Image":
    profile = image.info.get("icc_profile")
    if not profile or len(profile) > MAX_PROFILE or image.mode not in {"RGB", "RGBA", "CMYK", "L"}:
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = "RGBA" if image.mode == "RGBA" else "RGB"
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=mode)
    except (ImageCms.PyCMSError, OSError):
        return image  # A broken profile is no reason to reject the image.
    return converted or image
