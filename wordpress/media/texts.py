"""Put library images into the texts that showed them, and links to files.

Works on the HTML of the content converter, before it is sanitized.
"""

import html
import re
from dataclasses import dataclass, field
from typing import Protocol

from wordpress.media.library import IMAGE, Entry
from wordpress.media.markup import TAG, Tag, attribute_html, background_url
from wordpress.media.paths import MediaUrl, is_decoration

_LINK_TEXT = re.compile(r"([^<>]*)</a\s*>", re.IGNORECASE)
_FIGURE_END = re.compile(r"</figure\s*>", re.IGNORECASE)


class Resolver(Protocol):
    """What a text needs to know about the media of its site."""

    def image(self, sources: list[str], attachment_id: int, alt: str) -> tuple[MediaUrl | None, Entry | None]:
        """Return the file of an image and its row, which is created if needed."""

    def gallery(self, attributes: Tag) -> list[Entry]:
        """Return the images of a gallery."""

    def playlist(self, attributes: Tag) -> list[tuple[str, str]]:
        """Return the URL and the title of each recording of a playlist."""

    def link(self, href: str) -> str:
        """Return the URL here of the file at `href`, or ""."""

    def leads_to(self, href: str, entry: Entry) -> bool:
        """Return whether a link around an image only leads to the image itself."""


@dataclass
class TextMedia:
    """Convert the media of one text."""

    resolver: Resolver
    _out: list[str] = field(default_factory=list)
    # The place of each open figure's tag in `_out`, and the link around its image.
    _figures: list[int] = field(default_factory=list)
    _figure_links: list[str] = field(default_factory=list)
    # The URLs of animations, to which images link that show only the first picture.
    _animations: set[str] = field(default_factory=set)
    _links: list[str] = field(default_factory=list)
    _is_in_noscript: bool = False
    _last_image: int = 0
    # Where the open paragraph starts in `_out`, and the images that follow it.
    _paragraph: int | None = None
    _after_paragraph: list[str] = field(default_factory=list)

    def convert(self, text: str) -> str:
        """Return the text with embeds for its images."""
        at = 0
        while match := TAG.search(text, at):
            self._out.append(text[at : match.start()])
            at = match.end()
            if match["background"]:
                self._background(match[0])
            elif match["name"].lower() == "a" and not match["close"]:
                at += self._open_link(match[0], text, at)
            elif match["name"].lower() == "figcaption":
                at += self._caption(match, text, at)
            else:
                handle = getattr(self, f"_{match['name'].lower()}")
                handle(match[0], bool(match["close"]))
        self._out.append(text[at:])
        self._out.extend(self._after_paragraph)
        return "".join(self._out)

    # ---- Tags ---------------------------------------------------------------------------------------

    def _img(self, markup: str, is_closing: bool) -> None:
        tag = Tag.parse(markup)
        if is_closing or tag.get("data-image"):
            self._out.append(markup)
            return
        if tag.get("data-wp-gallery"):
            self._gallery(tag)
            return
        alt = " ".join(tag.get("alt").split())
        if tag.is_pixel or any(is_decoration(url) for url in tag.sources):
            self._out.append(html.escape(alt))
            return
        media, entry = self.resolver.image(tag.sources, tag.attachment_id, alt)
        self._add_image(media, entry, alt, tag)

    def _background(self, markup: str) -> None:
        self._out.append(markup)
        url = background_url(markup)
        if url and not url.startswith("data:"):
            media, entry = self.resolver.image([url], Tag.parse(markup).attachment_id, "")
            if entry and entry.object_id != self._last_image:
                self._add_image(media, entry, "", Tag({}))

    def _add_image(self, media: MediaUrl | None, entry: Entry | None, alt: str, tag: Tag) -> None:
        if entry is None or not entry.url:
            # A drawing that may contain scripts is a link. Nothing is left of an image that was deleted here.
            if media and entry is None:
                self._add_file_link(media.url, alt or media.name)
            return
        if entry.kind != IMAGE:
            self._add_file_link(entry.url, alt or (media.name if media else ""))
            return
        if self._is_in_noscript and entry.object_id == self._last_image:
            return
        self._last_image = entry.object_id
        own_alt = {"alt": alt} if alt and alt != entry.alt else {}
        image = f"<img{attribute_html(data_image=entry.object_id, **own_alt)}>"
        link = self._link_of_image(entry)
        if self._figures:
            self._align_figure(tag.alignment)
            self._figure_links[-1] = self._figure_links[-1] or link
            self._out.append(image)
            return
        align = {"data_align": tag.alignment} if tag.alignment else {}
        caption = f"<figcaption>{self._link_html(link, alt or entry.alt)}</figcaption>" if link else ""
        if align or caption:
            image = f"<figure{attribute_html(**align)}>{image}{caption}</figure>"
        self._add_block(image)

    def _add_block(self, markup: str) -> None:
        """Add an image here, or after the paragraph if it stands within a sentence."""
        before = "".join(self._out[self._paragraph :]) if self._paragraph is not None else ""
        shown = re.sub(r"<[^<>]*>", "", re.split(r"<br\b[^<>]*>\s*\Z", before)[-1] if before else "")
        if shown.strip():
            self._after_paragraph.append(markup)
        else:
            self._out.append(markup)

    def _p(self, markup: str, is_closing: bool) -> None:
        if is_closing:
            self._out.append(markup)
        self._out.extend(self._after_paragraph)
        self._after_paragraph.clear()
        if not is_closing:
            self._out.append(markup)
        self._paragraph = None if is_closing else len(self._out)

    def _add_file_link(self, url: str, text: str) -> None:
        self._out.append(
            f'<a href="{html.escape(url)}">{html.escape(text)}</a>' if not self._links else html.escape(text)
        )

    def _figure(self, markup: str, is_closing: bool) -> None:
        if is_closing:
            if self._figures:
                self._figures.pop()
                link = self._figure_links.pop()
                if link:
                    self._out.append(f"<figcaption>{self._link_html(link, '')}</figcaption>")
            self._out.append(markup)
            return
        tag = Tag.parse(markup)
        self._figures.append(len(self._out))
        self._figure_links.append("")
        self._out.append(f'<figure data-align="{tag.alignment}">' if tag.alignment else markup)

    def _gallery(self, tag: Tag) -> None:
        """Add the images of a gallery with their captions, or links to the recordings of a playlist."""
        if tag.get("data-playlist"):
            links = (_link_html(url, title) for url, title in self.resolver.playlist(tag))
            items = "".join(f"<li>{link}</li>" for link in links)
            self._out.append(f"<ul>{items}</ul>" if items else "")
            return
        entries = [entry for entry in self.resolver.gallery(tag) if entry.url]
        images = "".join(f"<img{attribute_html(data_image=entry.object_id)}>" for entry in entries)
        captions = _joined([entry.caption for entry in entries])
        caption = f"<figcaption>{captions}</figcaption>" if captions else ""
        if images:
            self._add_block(f"<figure>{images}{caption}</figure>")

    def _caption(self, match: re.Match[str], text: str, at: int) -> int:
        """Put the link around an image into its caption. Return the length of what was read."""
        self._out.append(match[0])
        link = self._figure_links[-1] if self._figure_links else ""
        end = re.compile(r"</figcaption\s*>", re.IGNORECASE).search(text, at) if not match["close"] else None
        if not link or link in self._animations or end is None:
            return 0
        inner = text[at : end.start()]
        if re.search(r"<a\b|<img\b|<p\b|<div\b", inner, re.IGNORECASE) or not inner.strip():
            return 0
        self._figure_links[-1] = ""
        self._out.append(f'<a href="{html.escape(link)}">{inner}</a>')
        return end.start() - at

    def _noscript(self, markup: str, is_closing: bool) -> None:
        self._is_in_noscript = not is_closing
        self._out.append(markup)

    def _open_link(self, markup: str, text: str, at: int) -> int:
        """Open a link, to the file here if there is one. Return the length of what was read."""
        tag = Tag.parse(markup)
        href = tag.get("href")
        url = self.resolver.link(href) if href else ""
        # WordPress marks links to the page of an image.
        is_own_page = "attachment" in tag.get("rel").split() or "wp-att-" in tag.get("rel")
        self._links.append("" if is_own_page else href)
        if not url:
            self._out.append(markup)
            return 0
        shown = _LINK_TEXT.match(text, at)
        self._out.append(f'<a href="{html.escape(url)}">')
        if shown and html.unescape(shown[1]).strip() == href:
            # A link that showed its old URL shows the name of the file.
            self._out.append(html.escape(href.rpartition("/")[2].partition("?")[0]))
            return len(shown[1])
        return 0

    def _a(self, markup: str, is_closing: bool) -> None:
        if self._links:
            self._links.pop()
        self._out.append(markup)

    # ---- Links and alignments -----------------------------------------------------------------------

    def _link_of_image(self, entry: Entry) -> str:
        href = self._links[-1] if self._links else ""
        if href and not self.resolver.leads_to(href, entry):
            return href
        if entry.animation_url:
            self._animations.add(entry.animation_url)
        return entry.animation_url

    def _align_figure(self, alignment: str) -> None:
        place = self._figures[-1]
        if alignment and "data-align" not in self._out[place] and self._out[place].lower().startswith("<figure"):
            self._out[place] = f'<figure data-align="{alignment}">'

    def _link_html(self, link: str, text: str) -> str:
        return _link_html(link, "Open the animation" if link in self._animations else text)


def _joined(captions: list[str]) -> str:
    """Return the captions of the images of a gallery as one, with numbers if only some images have one."""
    written = [(number, html.escape(text)) for number, text in enumerate(captions, start=1) if text]
    is_numbered = 0 < len(written) < len(captions)
    return " · ".join(f"{number}: {text}" if is_numbered else text for number, text in written)


def _link_html(link: str, text: str) -> str:
    is_own = link.startswith("/") and not link.startswith("//")
    name = link.partition("#")[0].strip("/").rpartition("/")[2].replace("-", " ") if is_own else ""
    shown = text or name or re.sub(r"^https?://(?:www\.)?|/$", "", link)
    return f'<a href="{html.escape(link)}">{html.escape(shown)}</a>'
