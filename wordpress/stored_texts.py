"""Read the words, images and links that page builders and field plugins store as values instead of HTML.

Advanced Custom Fields, Lazy Blocks, Carbon Fields and Meta Box write them into the comment of a block, Elementor,
Beaver Builder and Bricks into fields of a post, beside colors and sizes. Values are taken by their names.
"""

import html
import json
import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any, Final

from wordpress.php_values import parse_php
from wordpress.replaced_elements import link_html

_MAX_DEPTH: Final = 30
_HEADINGS = re.compile(r"(?:.*_)?(?:title|heading|headline|question|subtitle|subheading|title_text|name_of_.*)")
_TEXTS = re.compile(
    r"(?:.*_)?(?:text|editor|content|body|copy|html|description|desc|quote|answer|intro|introduction|summary|caption|message"
    r"|paragraph|words|author|name|job|job_title|position|company|label|excerpt|testimonial|tip|note|value|list|details|bio)"
)
_IMAGES = re.compile(r"(?:.*_)?(?:image|img|photo|picture|portrait|avatar|logo|background_image|attachment)(?:_id)?")
_GALLERIES = re.compile(r"(?:.*_)?(?:gallery|images|photos)")
_URLS = re.compile(r"(?:.*_)?(?:video|oembed|embed|youtube|youtube_url|vimeo|vimeo_url|video_url|video_link)")
_NUMBERED = re.compile(r"_\d+(?=_|\Z)")
# Names of settings, which can end like those of texts, and values that are no words.
_SETTINGS = re.compile(
    r"_.*|.*(?:colou?r|align|style|class|size|width|height|layout|type|icon|variant|theme|position_|typography|css|animation"
    r"|margin|padding|selector|tag|target|view|skin|hover|shadow|border)(?:_.*)?"
)
_NO_WORDS = re.compile(
    r"(?:[\s\d.,%#-]*|#[0-9a-f]{3,8}|field_\w+|(?:yes|no|on|off|true|false|none|default|left|right|center))", re.I
)
_URL = re.compile(r"(?:https?:)?//\S+", re.IGNORECASE)
_IMAGE_URL = re.compile(r"(?:https?:)?//\S+\.(?:jpe?g|png|gif|webp|avif)(?:\?\S*)?", re.IGNORECASE)
_FIELD_BLOCKS = ("acf/", "lazyblock/", "carbon-fields/", "meta-box/")
_OWN_BLOCK_SETTINGS = frozenset({"id", "name", "mode", "lock", "blockid", "blockuniqueclass", "anchor", "metadata"})
_THRIVE = "tve_updated_post"


def block_text(name: str, settings: str, *, is_void: bool) -> str:
    """Return the text in the settings of a block, as a body of a post, or "".

    `name` has a namespace, such as "acf/quote". Blocks that enclose HTML show that instead, but for those of fields.
    """
    if "/" not in name or name.startswith(("core-embed/", "jetpack/", "woocommerce/")):
        return ""
    if not (is_void or name.startswith(_FIELD_BLOCKS)):
        return ""
    values = _parse_json(settings)
    if not isinstance(values, dict):
        return ""
    own = values.get("data") if isinstance(values.get("data"), dict) else values
    return _body(own)


def shown_body(body: str, meta: Mapping[str, str]) -> str:
    """Return what visitors saw of a post: its body, or what a page builder or field plugin stored in its place."""
    thrive = next((meta[key] for key in meta if key.startswith(_THRIVE) and "<" in meta[key]), "")
    if thrive and (not body.strip() or "1" in {meta.get("tcb_editor_enabled"), meta.get("tcb2_ready")}):
        return thrive
    if body.strip() or not meta:
        return body
    for key, value in meta.items():
        if key == "_elementor_data":
            return _body(_parse_json(value))
        if key in {"_fl_builder_data", "_bricks_page_content_2", "_bricks_page_content"}:
            return _body(parse_php(value))
        if key == "ct_builder_shortcodes" and value.strip():
            return value
    return _body({key: _field(value) for key, value in meta.items() if meta.get(f"_{key}", "").startswith("field_")})


def _field(value: str) -> Any:
    found = parse_php(value) if value.startswith("a:") else None
    return value if found is None else found


def _parse_json(text: str) -> Any:
    try:
        return json.loads(text) if text.strip() else None
    except (ValueError, RecursionError):
        return None


def _body(values: Any) -> str:
    return "\n\n".join(_texts("", values, 0))


def _texts(name: str, value: Any, depth: int) -> Iterator[str]:
    """Yield what is shown of a value with a name, as paragraphs of a body."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(value, dict):
        if shown := _link_or_image(name, value):
            yield shown
        else:
            yield from chain.from_iterable(_texts(key, each, depth + 1) for key, each in _members(name, value))
    elif isinstance(value, list) and value and _GALLERIES.fullmatch(name) and all(map(_number, value)):
        yield f"[gallery ids={','.join(map(_number, value))}]"
    elif isinstance(value, list):
        yield from chain.from_iterable(_texts(name, each, depth + 1) for each in value)
    elif isinstance(value, str | int) and (shown := _shown(_NUMBERED.sub("", name), str(value).strip())):
        yield shown


def _members(name: str, values: Mapping[Any, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the values of a mapping with their names. Those of a list have its name."""
    for key, each in values.items():
        own = name if str(key).isdecimal() else str(key).lower()
        if own not in _OWN_BLOCK_SETTINGS or isinstance(each, dict | list):
            yield own, each


def _link_or_image(name: str, value: Mapping[Any, Any]) -> str:
    """Return the link or image that a value with a URL stands for, or ""."""
    url, text = str(value.get("url") or ""), str(value.get("title") or value.get("text") or "")
    if not _URL.fullmatch(url) and not re.fullmatch(r"/\S+", url):
        return ""
    if _IMAGES.fullmatch(name) or _IMAGE_URL.fullmatch(url):
        number = _number(value.get("id") or value.get("ID"))
        identity = f' class="wp-image-{number}"' if number else ""
        return f'<img{identity} src="{html.escape(url)}" alt="{html.escape(str(value.get("alt") or ""))}">'
    return link_html(url, text) if text else ""


def _shown(name: str, value: str) -> str:
    if _IMAGES.fullmatch(name):
        if _number(value):
            return f'<img class="wp-image-{value}" alt="">'
        if _URL.fullmatch(value):
            return f'<img src="{html.escape(value)}" alt="">'
    if _URL.fullmatch(value):
        return value if _URLS.fullmatch(name) else ""
    if _SETTINGS.fullmatch(name) or _NO_WORDS.fullmatch(value):
        return ""
    if _HEADINGS.fullmatch(name) and "<" not in value and "\n" not in value:
        return f"<h3>{html.escape(html.unescape(value), quote=False)}</h3>"
    has_sentence = " " in value and bool(re.search(r"[.!?>]", value))
    return value if _TEXTS.fullmatch(name) or has_sentence else ""


def _number(value: Any) -> str:
    text = str(value) if isinstance(value, str | int) else ""
    return text if text.isascii() and text.isdecimal() and 0 < len(text) < 12 else ""


def external_image(meta: Mapping[str, str]) -> tuple[str, str]:
    """Return the URL and alternative text of a featured image elsewhere, as plugins for such images store them."""
    for key in ("fifu_image_url", "_thumbnail_ext_url", "_nelioefi_url", "_external_featured_image", "_knawatfibu_url"):
        value = meta.get(key, "").strip()
        php = parse_php(value) if value.startswith("a:") else None
        url = str(php.get("img_url", "")) if isinstance(php, dict) else value
        if _URL.fullmatch(url):
            return url, (meta.get("fifu_image_alt") or meta.get("_nelioefi_alt") or "").strip()
    return "", ""
