"""From the stored subset to the page, the feed, the mail or the editor. The only way a text leaves the database."""

from collections.abc import Iterable, Mapping
from urllib.parse import urljoin

from django.conf import settings
from django.templatetags.static import static
from django.utils.safestring import SafeString, mark_safe
from lxml import html
from lxml.html import HtmlElement

from richtext import embeds, schema
from richtext.embeds import Embed, RenderTarget
from richtext.sanitizer import parse, serialize

_ICONS = {"note": "note", "tip": "tip", "warning": "warning", "red-flags": "flag"}


def render(body: str, target: RenderTarget = RenderTarget.PAGE) -> SafeString:
    """Safe HTML of a cleaned `body` for `target`. One query per kind of embed.

    What an embed showed may be gone: readers' texts leave it out, the editor keeps its place.
    """
    return render_all([body], target)[0]


def render_all(
    bodies: Iterable[str], target: RenderTarget, addresses: Iterable[str] = (), *, is_part: bool = False
) -> list[SafeString]:
    """As `render()` for each of `bodies`, still with one query per kind of embed.

    `addresses` are those of their pages, where links to a place within the same text lead from a feed or a mail.
    `is_part` says that they become parts of other texts, which are finished as a whole.
    """
    roots = [parse(body) if body else html.Element("div") for body in bodies]
    places = [_places(root) for root in roots]
    markup = embeds.resolve(frozenset(embed for each in places for embed in each.values()), target)
    for root, each in zip(roots, places, strict=True):
        _fill_all(root, each, markup, target)
    if target is not RenderTarget.EDITOR and not is_part:
        embeds.postprocess(roots, target)
    if target.is_external and not is_part:
        for root, address in zip(roots, list(addresses) or [""] * len(roots), strict=True):
            _lead_home(root, address)
    return [mark_safe(serialize(root)) for root in roots]  # noqa: S308 - cleaned, and resolvers escape their own


def _fill_all(
    root: HtmlElement, places: dict[HtmlElement, Embed], markup: Mapping[Embed, str], target: RenderTarget
) -> None:
    if target is not RenderTarget.EDITOR:
        _leave_out(root, [element for element, embed in places.items() if embed not in markup])
    # Before the embeds are filled in: what they hold is dressed already.
    if target is RenderTarget.PAGE:
        _dress_for_page(root)
    elif target.is_external:
        _dress_for_elsewhere(root, target)
    for element, embed in places.items():
        if embed in markup:
            _fill(element, markup[embed], target)


def _lead_home(root: HtmlElement, address: str) -> None:
    """Make addresses whole: links within the text lead into the page at `address`, and so do those without one."""
    for link in root.iter("a"):
        href = link.get("href") or ""
        if address or not href.startswith("#"):
            link.set("href", urljoin(address or f"{settings.SITE_URL}/", href))


def _places(root: HtmlElement) -> dict[HtmlElement, Embed]:
    places = {img: Embed("image", int(img.get("data-image") or 0), img.get("alt")) for img in root.iter("img")}
    for div in root.iterdescendants("div"):
        places[div] = Embed(div.get("data-embed") or "", int(div.get("data-id") or 0))
    return places


def _leave_out(root: HtmlElement, gone: list[HtmlElement]) -> None:
    for element in gone:
        element.drop_tree()
    for figure in list(root.iter("figure")):
        # A figure without its pictures would leave a caption that describes nothing.
        if figure.find("img") is None:
            figure.drop_tree()


def _fill(element: HtmlElement, markup: str, target: RenderTarget) -> None:
    pieces = html.fragments_fromstring(markup, no_leading_text=True)
    if target is RenderTarget.EDITOR and not any(piece.get("data-embed") or piece.tag == "img" for piece in pieces):
        # The author gets the place itself back, perhaps named by data-title, never what stands there.
        return
    for piece in pieces:
        piece.tail = None
        element.addprevious(piece)
    element.drop_tree()


def _dress_for_page(root: HtmlElement) -> None:
    for figure in root.iter("figure"):
        _dress_figure(figure)
    for aside in root.iter("aside"):
        _dress_callout(aside)
    for number, table in enumerate(list(root.iter("table")), start=1):
        # A wide table scrolls in its own box, reachable by keyboard and named for screen readers.
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


def _dress_figure(figure: HtmlElement) -> None:
    align, count = figure.attrib.pop("data-align", ""), len(figure.findall("img"))
    names = ([f"figure--{align}"] if align else []) + (["gallery", f"gallery--{count}"] if count > 1 else [])
    if names:
        figure.set("class", " ".join(names))


def _dress_callout(aside: HtmlElement) -> None:
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


def _dress_for_elsewhere(root: HtmlElement, target: RenderTarget) -> None:
    for aside in list(root.iter("aside")):
        kind = aside.get("data-callout") or "note"
        title = aside.get("data-title") or schema.CALLOUTS[kind]
        aside.attrib.clear()
        if target is RenderTarget.EMAIL:
            # Mails have a style sheet, if a small one; feeds have none.
            aside.set("class", f"callout callout--{kind}")
        aside.tag = "blockquote"
        heading = html.Element("p")
        strong = html.Element("strong")
        strong.text = title
        heading.append(strong)
        aside.insert(0, heading)
    for details in list(root.iter("details")):
        # Few readers of feeds and mails can unfold anything.
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
