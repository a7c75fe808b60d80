"""The sizes and formats of renditions, and a hash of them. Images with another hash need new renditions."""

import hashlib
from collections.abc import Callable
from typing import Any

from imagefield.processing_pillow import register_pillow
from PIL import Image as Pillow

# Widths of the uncropped image; width and height of the crops.
WHOLE = (480, 800, 1200, 1600)
CARD = ((320, 213), (640, 427), (960, 640), (1280, 853))
OG_SIZE = (1200, 630)
# Pinterest shows tall images, two by three.
PINTEREST_SIZE = (800, 1200)
TYPES = {"avif": ("AVIF", 58), "webp": ("WEBP", 80), "jpg": ("JPEG", 82)}
MODERN = ("avif", "webp")


@register_pillow
def encode(get_image: "Callable[..., Pillow.Image]", kind: str) -> "Callable[[Pillow.Image, Any], Pillow.Image]":
    """Return an imagefield processor that writes the image as `kind`, regardless of the stored format."""
    format_name, quality = TYPES[kind]

    def processor(image: "Pillow.Image", context: Any) -> "Pillow.Image":
        context.save_kwargs.update(format=format_name, quality=quality)
        if kind == "avif":
            context.save_kwargs["speed"] = 7
        image = get_image(image, context)
        if kind == "jpg" and image.mode != "RGB":
            background = Pillow.new("RGB", image.size, "white")
            background.paste(image, mask=image.getchannel("A") if "A" in image.getbands() else None)
            return background
        return image

    return processor


def _format(kind: str, *processors: Any) -> Callable[[Any, Any], None]:
    def spec(fieldfile: Any, context: Any) -> None:
        context.extension = f".{kind}"
        context.processors = [("encode", kind), *processors]

    return spec


FORMATS: dict[str, Callable[[Any, Any], None]] = {
    "og_jpg": _format("jpg", ("crop", OG_SIZE)),
    "pinterest_jpg": _format("jpg", ("crop", PINTEREST_SIZE)),
}
for _kind in TYPES:
    FORMATS |= {
        f"whole{width}_{_kind}": _format(_kind, ("thumbnail", (width, 100_000)))
        for width in WHOLE
        if _kind in MODERN or width == 1200
    }
    FORMATS |= {
        f"card{size[0]}_{_kind}": _format(_kind, ("crop", size)) for size in CARD if _kind in MODERN or size[0] == 640
    }
FORMATS_HASH = hashlib.sha256(
    repr((WHOLE, CARD, OG_SIZE, PINTEREST_SIZE, TYPES, sorted(FORMATS))).encode()
).hexdigest()[:16]
# Marks an image whose file cannot be rendered.
FAILED = f"!{FORMATS_HASH}"
