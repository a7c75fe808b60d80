"""Keep what page builders store in the attributes of their shortcodes: headings, texts, buttons, images and videos.

Divi, WPBakery, Avada, Enfold and Shortcodes Ultimate write `[et_pb_blurb title="Rest" image="https://…"]Words.[/et_pb_blurb]`.
"""

import base64
import binascii
import html
import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import unquote

from wordpress.replaced_elements import link_html

_BUILDERS = re.compile(r"(?:et_pb|vc|fusion|av|su|us|mk|cs|nectar|kc|themify)_")
# What themes and other plugins call their tabs, boxes, buttons and videos.
_TITLED = re.compile(
    r"(?:[a-z0-9]+[-_])?(?:tab|tabby|toggle|accordion|accordion[-_]?item|spoiler|expand|expander|collapse|collapsible|faq|question"
    r"|panel|pane|box|callout|alert|cta|infobox|learn_more|testimonial|quote|button|btn|maxbutton|lyte|arve|youtube|vimeo)"
)
# Visitors never saw the titles of these. What forms, lists and maps showed is not in the text.
_UNSEEN = re.compile(
    r"(?<!_tta)_section|_row|_column|_container|_(?:slider|accordion|tabs|icon|divider|separator|empty_space|anchor)\Z"
    r"|form|menu|sidebar|login|search|map|blog|portfolio|posts?_|(?:basic|masonry)_grid|widget|countdown|social|comments"
)
_HEADINGS = ("title", "heading", "main_heading", "h2", "question", "headline")
_TEXTS = ("subhead", "subtitle", "h4", "author", "name", "position", "job_title", "company_name", "caption")
_BUTTON_TEXTS = ("button_text", "button_one_text", "btn_title", "link_text", "linktext", "label")
_BUTTON_URLS = ("button_url", "button_one_url", "button_link", "btn_link", "link", "url", "href")
_IMAGES = ("src", "image", "image_url", "portrait_url", "custom_src", "logo", "attachment", "image_id")
_GALLERIES = ("images", "gallery_ids", "image_ids", "include")
# Switches and numbers are settings.
_SETTING = re.compile(r"(?:on|off|yes|no|true|false|none|default|[\d\s.,%-]*)", re.IGNORECASE)
_RAW = frozenset({"vc_raw_html", "fusion_code"})
_SCRIPTS = frozenset({"vc_raw_js"})
_IMAGE_URL = re.compile(r"(?:https?:)?//\S+|/[^\s/]\S*")
_VIDEO_SITES = {
    "youtube": "https://www.youtube.com/watch?v=",
    "lyte": "https://www.youtube.com/watch?v=",
    "vimeo": "https://vimeo.com/",
}
_VIDEO_WORDS = (*_VIDEO_SITES, "video", "arve")
# How Divi and WPBakery write characters that end an attribute or a shortcode.
_ENCODED = {"%22": '"', "%91": "[", "%93": "]", "``": '"', "`{`": "[", "`}`": "]"}


class BuilderHtml(NamedTuple):
    """What a shortcode showed before and after the text that it encloses, and that text if it is encoded."""

    before: str = ""
    after: str = ""
    # A URL to which the enclosed text links.
    link: str = ""
    inner: str | None = None


def is_from_builder(name: str) -> bool:
    """Return whether the shortcode is one of a page builder that may show what its attributes say."""
    return bool(_TITLED.fullmatch(name) or (_BUILDERS.match(name) and not _UNSEEN.search(name)))


def builder_html(name: str, attribute: Callable[[str], str], inner: str | None) -> BuilderHtml:
    """Return what the shortcode of a page builder showed. `attribute` returns an attribute by its name, or ""."""
    if name in _SCRIPTS:
        return BuilderHtml(inner="")
    if name in _RAW:
        return BuilderHtml(inner=_decoded(inner or ""))
    shown = _Attributes(attribute)
    if "button" in name or name.endswith("btn"):
        return _button(shown, inner)
    if any(word in name for word in _VIDEO_WORDS):
        return BuilderHtml(before=_video(name, shown))
    image = _image(shown, inner)
    url = shown.url(*_BUTTON_URLS)
    button = shown.text(*_BUTTON_TEXTS)
    heading = html.escape(shown.text(*_HEADINGS) or (shown.text("text") if name.endswith("_heading") else ""))
    if url and not button:
        image = image and f'<a href="{html.escape(url)}">{image}</a>'
        heading = heading and link_html(url, html.unescape(heading))
    texts = [f"<p>{html.escape(text)}</p>" for key in _TEXTS if (text := shown.text(key))]
    parts = [image, f"<h3>{heading}</h3>" if heading else "", *texts]
    is_image = bool(_IMAGE_URL.fullmatch((inner or "").strip()))
    return BuilderHtml(
        before="\n".join(filter(None, parts)),
        after=f"<p>{link_html(url, button) if url else html.escape(button)}</p>" if button else "",
        inner="" if is_image else None,
    )


class _Attributes(NamedTuple):
    attribute: Callable[[str], str]

    def get(self, name: str) -> str:
        value = self.attribute(name)
        for code, character in _ENCODED.items():
            value = value.replace(code, character)
        return html.unescape(value).strip()

    def text(self, *names: str) -> str:
        """Return the first of these attributes that has words."""
        for name in names:
            text = " ".join(re.sub(r"<[^<>]*>", " ", self.get(name)).split())
            if not _SETTING.fullmatch(text) and not _IMAGE_URL.fullmatch(text):
                return text
        return ""

    def url(self, *names: str) -> str:
        """Return the first of these attributes that has a URL, such as WPBakery's `url:https%3A%2F%2F…|target:…`."""
        for name in names:
            value = self.get(name)
            parts = [part.removeprefix("url:") for part in value.split("|") if part.startswith("url:")]
            url = unquote(parts[0]) if parts else value
            if re.fullmatch(r"(?:https?:)?//[^\s\"'<>]+|/[^\s\"'<>]*|(?:mailto|tel):[^\s\"'<>]+", url):
                return url
        return ""


def _button(shown: _Attributes, inner: str | None) -> BuilderHtml:
    url = shown.url(*_BUTTON_URLS)
    if inner and inner.strip():
        return BuilderHtml(link=url)
    text = shown.text(*_BUTTON_TEXTS, *_HEADINGS, "text") or url
    return BuilderHtml(before=f"<p>{link_html(url, text) if url else html.escape(text)}</p>" if text else "")


def _video(name: str, shown: _Attributes) -> str:
    url = shown.url("src", "link", "url", "id", "video_url")
    named = f"{name} {shown.get('provider').lower()}"
    site = next((start for word, start in _VIDEO_SITES.items() if word in named), "")
    number = shown.get("id")
    if not url and site and re.fullmatch(r"[\w-]{5,20}", number):
        url = site + number
    return f"<p>{link_html(url)}</p>" if url else ""


def _image(shown: _Attributes, inner: str | None) -> str:
    """Return the images that a shortcode names by their URL or WordPress ID."""
    alt = html.escape(shown.text("alt"))
    enclosed = (inner or "").strip()
    if "<img" in enclosed:
        return ""
    for value in (*([enclosed] if _IMAGE_URL.fullmatch(enclosed) else []), *map(shown.get, _IMAGES)):
        if number := re.fullmatch(r"(\d{1,12})(?:\|\w*)?", value):
            return f'<img class="wp-image-{number[1]}" alt="{alt}">'
        if _IMAGE_URL.fullmatch(value):
            return f'<img src="{html.escape(value)}" alt="{alt}">'
    ids = next((value for value in map(shown.get, _GALLERIES) if re.fullmatch(r"\d+(?:\s*,\s*\d+)*", value)), "")
    return f'<img data-wp-gallery="1" data-ids="{ids}">' if ids else ""


def _decoded(inner: str) -> str:
    """Return HTML that WPBakery and Avada store in base64, or the text as it is."""
    try:
        text = base64.b64decode("".join(inner.split()), validate=True).decode()
    except (binascii.Error, ValueError):
        return inner
    return unquote(text)
