"""From what a person uploads to what the library keeps: checked by content, re-encoded, without metadata."""

import hashlib
import io
import struct
from pathlib import PurePath
from typing import Any

import pillow_heif
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.utils.text import slugify
from PIL import Image as Pillow
from PIL import ImageCms, ImageOps, UnidentifiedImageError

pillow_heif.register_heif_opener()

MAX_BYTES = 30 * 1024 * 1024
MAX_PIXELS = 60_000_000  # A 60-megapixel frame decodes to about 180 MB; phones stay below 50.
MAX_SIDE = 2560
MAX_PROFILE = 4 * 1024 * 1024  # Colour profiles of presses reach 3 MB; larger ones are left out unread.
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "HEIF")
# What Pillow and its decoders raise for files that begin well and end badly.
_DAMAGE = (OSError, ValueError, SyntaxError, EOFError, KeyError, MemoryError, RuntimeError, struct.error)
# What the library keeps each as: photographs as JPEG, drawings without loss.
_KEPT_AS = {"JPEG": "JPEG", "HEIF": "JPEG", "AVIF": "JPEG", "PNG": "PNG", "GIF": "PNG", "WEBP": "WEBP"}
_SAVE: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 92, "optimize": True, "progressive": True, "subsampling": "4:4:4"},
    "PNG": {"optimize": True},
    "WEBP": {"quality": 92, "method": 4},
}


def prepare(upload: File) -> ContentFile:
    """The file that the library stores for `upload`: upright, sRGB, at most 2560 px a side, no EXIF, GPS or profile.

    Its name ends in a digest of its bytes, so a stored address never changes its content.
    Raises ValidationError with a sentence for the author when the upload is no picture, or too large.
    """
    if (upload.size or 0) > MAX_BYTES:
        raise ValidationError(f"This file is larger than {MAX_BYTES // 1024 // 1024} MB. Please choose a smaller one.")
    try:
        upload.seek(0)
        with Pillow.open(upload, formats=FORMATS) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise ValidationError(
                    f"This picture has {picture.width} × {picture.height} pixels, more than the library can take."
                    f" Please save it with at most {MAX_SIDE} pixels on its longer side."
                )
            kept_as = _KEPT_AS[picture.format or ""]
            data = _encode(picture, kept_as)
    except ValidationError:
        raise
    except Pillow.DecompressionBombError as error:
        raise ValidationError("This picture has far too many pixels. Please save it smaller and try again.") from error
    except UnidentifiedImageError as error:
        raise ValidationError(
            "This file is not a picture we can read. Use a JPEG, PNG, WebP, AVIF, GIF or HEIC file."
        ) from error
    except _DAMAGE as error:
        raise ValidationError(
            "This picture is damaged: part of the file is missing. Please upload it again."
        ) from error
    extension = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}[kept_as]
    return as_it_is(data, f"{PurePath(upload.name or '').stem}.{extension}")


def as_it_is(data: bytes, name: str) -> ContentFile:
    """The file that the library stores for a picture of our own, which `prepare` would leave as it is."""
    path = PurePath(name)
    stem = slugify(path.stem)[:60] or "picture"
    return ContentFile(data, name=f"{stem}-{hashlib.sha256(data).hexdigest()[:12]}{path.suffix}")


def _encode(picture: Pillow.Image, kept_as: str) -> bytes:
    # draft() lets the JPEG decoder skip detail it would only throw away.
    picture.draft("RGB", (MAX_SIDE, MAX_SIDE))
    if picture.mode.startswith("I"):
        # 16-bit greys (scans, X-rays) would be cut off at 255 instead of scaled.
        picture = picture.point(lambda value: value / 256).convert("L")
    # Made small first: what follows holds several copies of every pixel.
    if picture.mode in {"RGB", "RGBA", "L", "LA", "CMYK"}:
        picture.thumbnail((MAX_SIDE, MAX_SIDE), Pillow.Resampling.LANCZOS)
    upright = _to_srgb(ImageOps.exif_transpose(picture))
    has_alpha = "A" in upright.getbands() or "transparency" in upright.info
    plain = upright.convert("RGBA" if has_alpha and kept_as != "JPEG" else "RGB")
    plain.thumbnail((MAX_SIDE, MAX_SIDE), Pillow.Resampling.LANCZOS)
    # A fresh image carries no metadata of any kind.
    bare = Pillow.new(plain.mode, plain.size)
    bare.paste(plain)
    output = io.BytesIO()
    bare.save(output, format=kept_as, **_SAVE[kept_as])
    return output.getvalue()


def _to_srgb(picture: Pillow.Image) -> Pillow.Image:
    profile = picture.info.get("icc_profile")
    if not profile or len(profile) > MAX_PROFILE or picture.mode not in {"RGB", "RGBA", "CMYK", "L"}:
        return picture
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = "RGBA" if picture.mode == "RGBA" else "RGB"
        converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode=mode)
    except (ImageCms.PyCMSError, OSError):
        return picture  # A broken profile must not cost the author her picture.
    return converted or picture
