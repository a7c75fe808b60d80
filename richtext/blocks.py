"""Convert the block structure of any HTML to the schema."""

from collections.abc import Iterable, Iterator

from django.conf import settings
from lxml import html
from lxml.html import HtmlElement

from plaintext.numbers import parse_pk
from richtext import schema
from richtext.citations import cited_ids
from richtext.links import unwrap
from richtext.spaces import collapse_spaces

_BLANK = "\xa0 \t\n\r\f\u200b"
_BLOCK_LEVEL = schema.BLOCKS | schema.WRAPPERS


def _tag_of(element: HtmlElement) -> str:
    if not isinstance(element.tag, str):
        return ""
    return schema.SYNONYMS.get(element.tag, element.tag)


def _children_of(element: HtmlElement) -> Iterator[str | HtmlElement]:
    if element.text:
        yield element.text
    for child in element:
        yield child
        if child.tail:
            yield child.tail


def _is_library_image(element: HtmlElement) -> bool:
    return element.tag == "img" and parse_pk(element.get("data-image")) is not None


def _is_block(element: HtmlElement) -> bool:
    return any(_tag_of(each) in _BLOCK_LEVEL or _is_library_image(each) for each in element.iter())


def _last(element: HtmlElement) -> HtmlElement | None:
    """Return the last child. Unlike `len()`, which counts all of them, in constant time."""
    return next(element.iterchildren(reversed=True), None)


def _append_text(parent: HtmlElement, text: str) -> None:
    last = _last(parent)
    before = (parent.text if last is None else last.tail) or ""
    # An element between two spaces may be gone: merge them.
    joined = before + (text.lstrip(" ") if before.endswith(" ") else text)
    if last is None:
        parent.text = joined
    else:
        last.tail = joined


def _new(tag: str, source: HtmlElement | None = None) -> HtmlElement:
    """Return an element of the schema with the allowed attributes of `source`."""
    element = html.Element(tag)
    if source is not None and source.keys():
        allowed = schema.ATTRIBUTES["*"] | schema.ATTRIBUTES.get(tag, set())
        for name, value in source.items():
            # An empty alt means decorative; other empty attributes mean nothing.
            if name in allowed and (value or name == "alt"):
                element.set(name, value)
    if href := element.get("href"):
        element.set("href", _relative_to_site(unwrap(href)))
    return element


def _relative_to_site(href: str) -> str:
    """Return a URL on this site without its host, so that it still works when the site moves."""
    path = href.removeprefix(settings.SITE_URL)
    if path == href or path[:1] not in {"", "/", "?", "#"}:
        return href
    # Two leading slashes would name another host.
    return "/" + path.lstrip("/")


def _is_empty(element: HtmlElement) -> bool:
    if any(text.strip(_BLANK) for text in element.itertext()):
        return False
    return element.find(".//img") is None and element.find(".//sup[@data-cite]") is None


def _inline(parent: HtmlElement, pieces: Iterable[str | HtmlElement]) -> None:
    """Append inline content to `parent`, unwrapping elements outside the schema."""
    # Texts are joined once, because appending them one by one would copy what is already there each time.
    texts: list[str] = []
    for piece in _unwrapped(pieces):
        if isinstance(piece, str):
            text = collapse_spaces(piece)
            texts.append(text.lstrip(" ") if texts and texts[-1].endswith(" ") else text)
            # An empty text would hide the space before it.
            if not texts[-1]:
                texts.pop()
            continue
        element = html.Element("br") if _tag_of(piece) == "br" else _new(_tag_of(piece), piece)
        is_citation = element.tag == "sup" and _normalize_citation(element)
        if element.tag != "br" and not is_citation:
            _inline(element, _children_of(piece))
            if _last(element) is None and not element.text:
                continue
            if element.tag == "a" and _is_empty(element):
                # Nobody sees or can follow a link without words.
                texts += [] if texts and texts[-1].endswith(" ") else [" "]
                continue
        _append_text(parent, "".join(texts))
        texts.clear()
        parent.append(element)
    _append_text(parent, "".join(texts))


def _normalize_citation(element: HtmlElement) -> bool:
    """Return whether a <sup> cites references, and write their ids in one form."""
    ids = cited_ids(element)
    if ids:
        element.set("data-cite", " ".join(map(str, ids)))
    else:
        element.attrib.pop("data-cite", None)
    return bool(ids)


def _unwrapped(pieces: Iterable[str | HtmlElement]) -> Iterator[str | HtmlElement]:
    """Yield texts and the elements that inline content may contain; of other elements, their content."""
    for piece in pieces:
        if isinstance(piece, str):
            yield piece
            continue
        tag = _tag_of(piece)
        if tag in schema.INLINE and _has_meaning(tag, piece):
            yield piece
        elif isinstance(piece.tag, str):
            yield from _unwrapped(_children_of(piece))


def _has_meaning(tag: str, element: HtmlElement) -> bool:
    """Return whether an inline element says something about its words."""
    if tag == "span":
        return bool(element.get("lang") or element.get("dir"))
    return bool(element.get("href")) if tag == "a" else tag != "abbr" or bool(element.get("title"))


def _paragraph(tag: str, pieces: list[str | HtmlElement], source: HtmlElement | None = None) -> list[HtmlElement]:
    block = _new(tag, source)
    if len(pieces) == 1 and isinstance(pieces[0], str):
        block.text = text = collapse_spaces(pieces[0]).strip(" ")
        return [block] if text.strip(_BLANK) else []
    _inline(block, pieces)
    _trim(block)
    return [] if _is_empty(block) else [block]


def _trim(block: HtmlElement) -> None:
    """Remove white space and line breaks at both ends of a block."""
    block.text = (block.text or "").lstrip(" ") or None
    for first in list(block):
        if first.tag != "br" or block.text:
            break
        block.text = (first.tail or "").lstrip(" ") or None
        block.remove(first)
    while (last := _last(block)) is not None:
        last.tail = (last.tail or "").rstrip(" ") or None
        if last.tail or last.tag != "br":
            return
        block.remove(last)
    block.text = (block.text or "").rstrip(" ") or None


def convert_blocks(container: HtmlElement, leaf: str = "p", source: HtmlElement | None = None) -> list[HtmlElement]:
    """Return the blocks of `container`, converted to the schema. Text directly in it becomes `leaf` blocks."""
    found: list[HtmlElement] = []
    run: list[str | HtmlElement] = []

    def flush() -> None:
        if run:
            found.extend(_paragraph(leaf, run, source))
            run.clear()

    for piece in _children_of(container):
        if isinstance(piece, str) or not _is_block(piece):
            run.append(piece)
            continue
        flush()
        found.extend(_block(piece))
    flush()
    return found


def _block(element: HtmlElement) -> list[HtmlElement]:
    """Return the blocks that one block-level element becomes."""
    tag = _tag_of(element)
    if tag in schema.TEXT_BLOCKS:
        return convert_blocks(element, leaf=tag, source=element)
    converter = _CONVERTERS.get(tag)
    return converter(element) if converter else convert_blocks(element)


def _list(element: HtmlElement) -> list[HtmlElement]:
    items = _new(_tag_of(element), element)
    for piece in _children_of(element):
        if isinstance(piece, str):
            if piece.strip():
                wrapper = html.Element("div")
                wrapper.text = piece
                items.extend(_item(wrapper))
        elif piece.tag == "li":
            items.extend(_item(piece))
        elif _tag_of(piece) in {"ul", "ol"} and (last := _last(items)) is not None:
            # Old editors put nested lists beside their item instead of inside it.
            last.extend(_list(piece))
        else:
            wrapper = html.Element("div")
            wrapper.append(_copy(piece))
            items.extend(_item(wrapper))
    return [items] if len(items) else []


def _copy(element: HtmlElement) -> HtmlElement:
    copy = html.fragment_fromstring(html.tostring(element, encoding="unicode", with_tail=False))
    return copy if isinstance(copy, HtmlElement) else html.Element("p")


def _item(source: HtmlElement) -> list[HtmlElement]:
    item = _new("li", source)
    _fill_compact(item, source)
    return [] if _is_empty(item) else [item]


def _fill_compact(cell: HtmlElement, source: HtmlElement) -> None:
    """Fill a list item or table cell. The first paragraph loses its <p>, so that short items stay compact."""
    blocks = convert_blocks(source)
    if blocks and blocks[0].tag == "p" and all(block.tag in {"ul", "ol"} for block in blocks[1:]):
        first = blocks.pop(0)
        cell.text = first.text
        cell.extend(list(first))
    cell.extend(blocks)


def _quote(element: HtmlElement) -> list[HtmlElement]:
    return _container("blockquote", element)


def _aside(element: HtmlElement) -> list[HtmlElement]:
    if element.get("data-callout") not in schema.CALLOUTS:
        return convert_blocks(element)
    return _container("aside", element)


def _details(element: HtmlElement) -> list[HtmlElement]:
    """Convert a question with its answer. One of them may be missing: authors write questions first, and answer later.

    Without a place for the question, keep the answer as blocks.
    """
    summary = element.find("summary")
    if summary is None:
        return convert_blocks(element)
    question = _paragraph("summary", list(_children_of(summary)))
    summary.drop_tree()
    answer = convert_blocks(element)
    if not question and not answer:
        return []
    details = _new("details", element)
    details.extend([*(question or [_new("summary", element)]), *answer])
    return [details]


def _container(tag: str, element: HtmlElement) -> list[HtmlElement]:
    wrapper = _new(tag, element)
    wrapper.extend(convert_blocks(element))
    return [wrapper] if len(wrapper) else []


def _pre(element: HtmlElement) -> list[HtmlElement]:
    """Convert code: keep every character, and drop elements inside it."""
    pre = html.Element("pre")
    for line_break in element.iterdescendants("br"):
        line_break.tail = "\n" + (line_break.tail or "")
    code = html.Element("code")
    code.text = "".join(element.itertext())
    pre.append(code)
    return [pre] if code.text and code.text.strip() else []


def _rule(element: HtmlElement) -> list[HtmlElement]:
    return [html.Element("hr")]


def _image(element: HtmlElement) -> list[HtmlElement]:
    figure = html.Element("figure")
    figure.append(_new("img", element))
    return [figure]


def _figure(element: HtmlElement) -> list[HtmlElement]:
    """Keep images from the library and all text as the caption. Other figures become plain blocks."""
    for part in list(element.iterdescendants("ul", "ol", "li")):
        # Older galleries are lists of figures, whose captions must not run together.
        if part.find(".//figure") is not None:
            part.drop_tag()
    blocks = convert_blocks(element)
    figure, caption = _new("figure", element), html.Element("figcaption")
    pieces: list[str | HtmlElement] = []
    is_after_image_caption = False
    for block in blocks:
        figure.extend(list(block.iter("img")))
        words = block.find("figcaption") if block.tag == "figure" else block
        if words is not None:
            # Captions of different images stay apart.
            separator = " · " if is_after_image_caption else " "
            pieces += [*([separator] if pieces else []), *_children_of(words)]
            is_after_image_caption = block.tag == "figure"
    if not len(figure):
        return blocks
    _inline(caption, pieces)
    if not _is_empty(caption):
        figure.append(caption)
    return [figure]


def _embed(element: HtmlElement) -> list[HtmlElement]:
    if element.get("data-embed") and parse_pk(element.get("data-id")) is not None:
        embed = _new("div", element)
        start = parse_pk(element.get("data-start"))
        if not start or start > schema.MAX_START or embed.get("data-embed") != "video":
            embed.attrib.pop("data-start", None)
        return [embed]
    return convert_blocks(element)


def _iframe(element: HtmlElement) -> list[HtmlElement]:
    """Replace an iframe with a link to its URL."""
    source = element.get("src") or ""
    source = "https:" + source if source.startswith("//") else source
    if not source.startswith(("https://", "http://")):
        return []
    paragraph, link = html.Element("p"), html.Element("a", href=source)
    link.text = source
    paragraph.append(link)
    return [paragraph]


def _table(element: HtmlElement) -> list[HtmlElement]:
    caption = _caption(element)
    rows = [row for old_row in _own_rows(element) if len(row := _row(old_row))]
    if not rows:
        return convert_blocks(element)
    head, body = html.Element("thead"), html.Element("tbody")
    is_head = True
    for row in rows:
        is_head = is_head and all(cell.tag == "th" for cell in row)
        (head if is_head else body).append(row)
        for cell in row.iter("th"):
            if not cell.get("scope"):
                cell.set("scope", "col" if is_head else "row")
    table = html.Element("table")
    table.extend([part for part in (caption, head, body) if len(part) or part.text])
    return [table]


def _caption(table: HtmlElement) -> HtmlElement:
    """Return the caption of a table, which the editor stores as an attribute."""
    caption = html.Element("caption")
    written = table.find("caption")
    if written is None:
        caption.text = table.get("data-caption")
        return caption
    _inline(caption, [piece for block in convert_blocks(written) for piece in _children_of(block)])
    return caption


def _own_rows(table: HtmlElement) -> Iterator[HtmlElement]:
    return (row for row in table.iter("tr") if next(row.iterancestors("table")) is table)


def _row(old: HtmlElement) -> HtmlElement:
    row = html.Element("tr")
    for old_cell in old:
        if old_cell.tag in {"td", "th"}:
            cell = _new(old_cell.tag, old_cell)
            _fill_compact(cell, old_cell)
            row.append(cell)
    return row


_CONVERTERS = {
    "ul": _list,
    "ol": _list,
    "blockquote": _quote,
    "aside": _aside,
    "details": _details,
    "pre": _pre,
    "hr": _rule,
    "img": _image,
    "figure": _figure,
    "div": _embed,
    "iframe": _iframe,
    "table": _table,
}
