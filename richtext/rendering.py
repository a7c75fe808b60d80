"""Render stored texts for pages, feeds, emails and the editor. No text is shown without it."""

from collections.abc import Iterable, Mapping
from urllib.parse import urljoin

from django.conf import settings
from django.templatetags.static import static
from django.utils.safestring import SafeString, mark_safe
from lxml import html
from lxml.html import HtmlElement

from richtext import embeds, schema
from richtext.embeds import Embed, RenderTarget
from richtext.heading_levels import close_levels
from richtext.sanitizer import parse, serialize

_ICONS = {"note": "note", "tip": "tip", "warning": "warning", "red-flags": "flag", "what-we-know": "scale"}


def render(body: str, target: RenderTarget = RenderTarget.PAGE, *, level_above: int = 1) -> SafeString:
    """Return a sanitized `body` as safe HTML for `target`. One query per kind of embed.

    Embeds of deleted rows are left out, except in the editor. `level_above` is the level of the heading above the text.
    """
    return render_all([body], target, level_above=level_above)[0]


def render_all(
    bodies: Iterable[str],
    target: RenderTarget,
    urls: Iterable[str] = (),
    *,
    is_fragment: bool = False,
    level_above: int = 1,
) -> list[SafeString]:
    """Render several bodies like `render()`, still with one query per kind of embed.

    `urls` are the URLs of their pages. In feeds and emails, links within a text point to them. Fragments become
    parts of other texts, which close skipped levels of headings and are postprocessed as a whole.
    """
    roots = [parse(body) if body else html.Element("div") for body in bodies]
    embeds_by_root = [_find_embeds(root) for root in roots]
    markup = embeds.resolve(frozenset(embed for found in embeds_by_root for embed in found.values()), target)
    for root, found in zip(roots, embeds_by_root, strict=True):
        _fill_all(root, found, markup, target)
    if not is_fragment:
        if target is not RenderTarget.EDITOR:
            for root in roots:
                close_levels(root, level_above)
        embeds.postprocess(roots, target)
    if target.is_external and not is_fragment:
        for root, url in zip(roots, list(urls) or [""] * len(roots), strict=True):
            _make_links_absolute(root, url)
    return [mark_safe(serialize(root)) for root in roots]  # noqa: S308 - sanitized, and resolvers escape their output


def _fill_all(
    root: HtmlElement, found: dict[HtmlElement, Embed], markup: Mapping[Embed, str], target: RenderTarget
) -> None:
    if target is not RenderTarget.EDITOR:
        _remove_missing(root, [element for element, embed in found.items() if embed not in markup])
        _open_unfinished_questions(root)
        _prepare_buttons(root, target)
    # Before the embeds are filled, because their HTML is final.
    if target is RenderTarget.PAGE:
        _prepare_for_page(root)
    elif target.is_external:
        _prepare_for_external(root, target)
    for element, embed in found.items():
        if embed in markup:
            _fill(element, markup[embed], target)


def _make_links_absolute(root: HtmlElement, url: str) -> None:
    """Make hrefs absolute, relative to the page at `url` or else to the site. Without a page, keep "#part" links."""
    for link in root.iter("a"):
        href = link.get("href") or ""
        if url or not href.startswith("#"):
            link.set("href", urljoin(url or f"{settings.SITE_URL}/", href))


def _find_embeds(root: HtmlElement) -> dict[HtmlElement, Embed]:
    found = {img: Embed("image", int(img.get("data-image") or 0), img.get("alt")) for img in root.iter("img")}
    for div in root.iterdescendants("div"):
        start = int(div.get("data-start") or 0)
        found[div] = Embed(div.get("data-embed") or "", int(div.get("data-id") or 0), start=start)
    return found


def _remove_missing(root: HtmlElement, missing: list[HtmlElement]) -> None:
    for element in missing:
        # Thousands of line breaks between blocks would be copied again for each one.
        if not (element.tail or "").strip():
            element.tail = None
        element.drop_tree()
    for figure in list(root.iter("figure")):
        # Without its images, a figure would only leave a caption.
        if figure.find("img") is None:
            figure.drop_tree()


def _prepare_buttons(root: HtmlElement, target: RenderTarget) -> None:
    """Let a link that is alone in a paragraph look like a button, where there are styles."""
    for paragraph in root.iter("p"):
        if paragraph.attrib.pop("data-button", None) is None or target is RenderTarget.FEED:
            continue
        words = [paragraph.text, *(child.tail for child in paragraph)]
        if [child.tag for child in paragraph] == ["a"] and not any((text or "").strip() for text in words):
            paragraph.set("class", "button-line")
            paragraph[0].set("class", "button")


def _open_unfinished_questions(root: HtmlElement) -> None:
    """Show what there is of a question that the author has not finished, without anything to open."""
    for details in list(root.iter("details")):
        summary = details.find("summary")
        if summary is None or (_has_content(summary) and len(details) > 1):
            continue
        if _has_content(summary):
            summary.tag = "p"
        else:
            summary.drop_tree()
        details.drop_tag()


def _has_content(summary: HtmlElement) -> bool:
    return bool(len(summary) or (summary.text or "").strip())


def _fill(element: HtmlElement, markup: str, target: RenderTarget) -> None:
    pieces = html.fragments_fromstring(markup, no_leading_text=True)
    if target is RenderTarget.EDITOR and not any(piece.get("data-embed") or piece.tag == "img" for piece in pieces):
        # The editor keeps the placeholder, never the rendered HTML.
        return
    for piece in pieces:
        piece.tail = None
        element.addprevious(piece)
    element.drop_tree()


def _prepare_for_page(root: HtmlElement) -> None:
    for figure in root.iter("figure"):
        _prepare_figure(figure)
    for aside in root.iter("aside"):
        _prepare_callout(aside)
    for number, table in enumerate(list(root.iter("table")), start=1):
        # Wide tables scroll in a box that is reachable by keyboard and named for screen readers.
        box = html.Element("div", {"class": "table-scroll", "role": "region", "tabindex": "0"})
        caption = table.find("caption")
        if caption is not None:
            caption.set("id", f"table-{number}")
            box.set("aria-labelledby", f"table-{number}")
        else:
            box.set("aria-label", f"Table {number}")
        box.tail, table.tail = table.tail, None
        table.getparent().replace(table, box)
        box.append(table)


def _prepare_figure(figure: HtmlElement) -> None:
    align, count = figure.attrib.pop("data-align", ""), len(figure.findall("img"))
    names = ([f"figure--{align}"] if align else []) + (["gallery", f"gallery--{count}"] if count > 1 else [])
    if names:
        figure.set("class", " ".join(names))


def _prepare_callout(aside: HtmlElement) -> None:
    kind = aside.attrib.pop("data-callout", "note")
    title = aside.attrib.pop("data-title", "") or schema.CALLOUTS[kind]
    aside.set("class", f"callout callout--{kind}")
    aside.set("role", "note")
    aside.set("aria-label", title)
    icon = html.Element("svg", {"class": "icon", "aria-hidden": "true"})
    icon.append(html.Element("use", {"href": f"{static('site/img/sprite.svg')}#{_ICONS[kind]}"}))
    heading = html.Element("p", {"class": "callout-title"})
    heading.text = title
    aside.insert(0, icon)
    aside.insert(1, heading)


def _prepare_for_external(root: HtmlElement, target: RenderTarget) -> None:
    for aside in list(root.iter("aside")):
        kind = aside.get("data-callout") or "note"
        title = aside.get("data-title") or schema.CALLOUTS[kind]
        aside.attrib.clear()
        if target is RenderTarget.EMAIL:
            # Emails have a style sheet; feeds do not.
            aside.set("class", f"callout callout--{kind}")
        aside.tag = "blockquote"
        heading = html.Element("p")
        strong = html.Element("strong")
        strong.text = title
        heading.append(strong)
        aside.insert(0, heading)
    for details in list(root.iter("details")):
        # Few feed readers and email programs can expand anything.
        summary = details.find("summary")
        if summary is not None:
            question = html.Element("strong")
            question.text, summary.text = summary.text, None
            question.extend(list(summary))
            summary.append(question)
            summary.tag = "p"
        details.drop_tag()
    for figure in root.iter("figure"):
        figure.attrib.pop("data-align", None)
