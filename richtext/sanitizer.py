"""From any HTML to the strict subset. What prose cannot vouch for does not pass; visible words always do."""

import re
from collections import Counter
from collections.abc import Iterator

import nh3
from django.conf import settings
from django.utils.text import slugify
from lxml import etree, html
from lxml.html import HtmlElement

from richtext import paste, schema

# The first pass parses like a browser (html5ever) and drops what is dangerous with its contents.
_first = nh3.Cleaner(
    tags=nh3.ALLOWED_TAGS
    | schema.TAGS
    | schema.WRAPPERS
    | set(schema.SYNONYMS)
    | {"iframe", "u", "ins", "font", "big", "mark", "small", "span", "label", "button"},
    clean_content_tags={
        "script",
        "style",
        "template",
        "object",
        "select",
        "textarea",
        "title",
        "head",
        "noembed",
    },
    # Style, class and id say what other writers meant: prose.paste reads them, the last pass lets none through.
    attributes={
        **schema.ATTRIBUTES,
        "*": schema.ATTRIBUTES["*"] | {"style", "class", "id"},
        "iframe": {"src"},
        "table": {"data-caption"},
    },
    url_schemes=schema.URL_SCHEMES,
    link_rel=None,
    strip_comments=True,
)
# The last pass guarantees the subset, whatever the passes before it did.
_last = nh3.Cleaner(
    tags=set(schema.TAGS),
    attributes={**schema.ATTRIBUTES, "th": {"colspan", "rowspan"}, "aside": {"data-title"}, "figure": set()},
    url_schemes=schema.URL_SCHEMES,
    link_rel=None,
    strip_comments=True,
    tag_attribute_values={
        "aside": {"data-callout": set(schema.CALLOUTS)},
        "figure": {"data-align": set(schema.ALIGNMENTS)},
        "th": {"scope": {"col", "row", "colgroup", "rowgroup"}},
    },
)
MAX_DEPTH = 60
# Characters that XML, and so every feed, must not hold.
_UNSPEAKABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
# The frame's own addresses: a heading that took one would lead skip links astray.
RESERVED_IDS = frozenset(
    {"about", "archives", "author", "categories", "connect", "contents", "elsewhere", "expertise", "footer", "latest"}
    | {"main", "meet", "navigation", "posts", "qualifications", "related", "share", "sidebar", "start", "start-title"}
    | {"tldr"}
)
_SPACE = re.compile(r"[ \t\n\r\f]+")
_ID = re.compile(r"[\w.-]+\Z")


def sanitize(markup: str) -> str:
    """Give `markup` back in the strict subset; applying it twice changes nothing more.

    Never fails: broken markup is repaired as a browser would. Headings get an id that stays when another
    heading changes. Pictures not in the library, scripts, styles and unknown frames are left out.
    """
    if not markup.strip():
        return ""
    root = parse(_UNSPEAKABLE.sub("", _first.clean(markup)))
    _flatten(root)
    paste.normalize(root)
    body = html.Element("div")
    body.extend(_blocks(root))
    _number_headings(body)
    return _last.clean(serialize(body)).strip()


def parse(markup: str) -> HtmlElement:
    """A tree of `markup` under one div."""
    return html.fragment_fromstring(markup, create_parent="div", parser=html.HTMLParser(huge_tree=True))


def _flatten(root: HtmlElement) -> None:
    """Unwrap what lies deeper than any writer means it: no text nests sixty deep, only attacks and accidents do."""
    depth, too_deep = 0, []
    for event, element in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if event == "start" and depth > MAX_DEPTH:
            too_deep.append(element)
    for element in too_deep:
        element.tail = f" {element.tail or ''}"
        element.drop_tag()


def serialize(root: HtmlElement) -> str:
    """The markup under `root`, one block a line."""
    blocks = "\n".join(html.tostring(child, encoding="unicode", with_tail=False) for child in root)
    # libxml2 knows HTML 4, where <source> was not yet an element without an end.
    return blocks.replace("</source>", "")


def _name(element: HtmlElement) -> str:
    if not isinstance(element.tag, str):
        return ""
    return schema.SYNONYMS.get(element.tag, element.tag)


def _pieces(element: HtmlElement) -> Iterator[str | HtmlElement]:
    if element.text:
        yield element.text
    for child in element:
        yield child
        if child.tail:
            yield child.tail


def _is_library_picture(element: HtmlElement) -> bool:
    return element.tag == "img" and _is_key(element.get("data-image"))


def _is_key(value: str | None) -> bool:
    """Whether it can be a row's key: digits, and no more than a database's integer holds."""
    return value is not None and value.isascii() and value.isdecimal() and len(value) < 19


def _is_block(element: HtmlElement) -> bool:
    return any(_name(each) in schema.BLOCKS | schema.WRAPPERS or _is_library_picture(each) for each in element.iter())


def _append_text(parent: HtmlElement, text: str) -> None:
    before = (parent[-1].tail if len(parent) else parent.text) or ""
    # What stood between two spaces may be gone: they are one now.
    joined = before + (text.lstrip(" ") if before.endswith(" ") else text)
    if len(parent):
        parent[-1].tail = joined
    else:
        parent.text = joined


def _new(tag: str, source: HtmlElement | None = None) -> HtmlElement:
    """An element of the subset, with those attributes of `source` that it may keep."""
    element = html.Element(tag)
    if source is not None:
        allowed = schema.ATTRIBUTES["*"] | schema.ATTRIBUTES.get(tag, set())
        for name, value in source.attrib.items():
            # An empty alt says "decoration"; any other empty attribute says nothing.
            if name in allowed and (value or name == "alt"):
                element.set(name, value)
    if href := element.get("href"):
        element.set("href", _from_root(href))
    return element


def _from_root(href: str) -> str:
    """An address of this site without its name, so that it still leads there when the site moves."""
    path = href.removeprefix(settings.SITE_URL)
    if path == href or path[:1] not in {"", "/", "?", "#"}:
        return href
    # Two slashes at the front would name another site.
    return "/" + path.lstrip("/")


def _is_empty(element: HtmlElement) -> bool:
    return not "".join(element.itertext()).strip("\xa0 \t\n\r\f\u200b") and element.find(".//img") is None


def _inline(parent: HtmlElement, pieces: Iterator[str | HtmlElement] | list[str | HtmlElement]) -> None:
    """Append inline content to `parent`, unwrapping what is not in the subset."""
    for piece in pieces:
        if isinstance(piece, str):
            _append_text(parent, _SPACE.sub(" ", piece))
            continue
        tag = _name(piece)
        if tag == "br":
            parent.append(html.Element("br"))
        elif tag in schema.INLINE and not (tag == "a" and not piece.get("href")):
            element = _new(tag, piece)
            _inline(element, _pieces(piece))
            if len(element) or element.text:
                parent.append(element)
        elif isinstance(piece.tag, str):
            _inline(parent, _pieces(piece))


def _paragraph(tag: str, pieces: list[str | HtmlElement], source: HtmlElement | None = None) -> list[HtmlElement]:
    block = _new(tag, source)
    _inline(block, pieces)
    _trim(block)
    return [] if _is_empty(block) else [block]


def _trim(block: HtmlElement) -> None:
    """Drop white space and line breaks at both ends of a block."""
    block.text = (block.text or "").lstrip(" ") or None
    while len(block) and block[0].tag == "br" and not block.text:
        block.text = (block[0].tail or "").lstrip(" ") or None
        block.remove(block[0])
    while len(block):
        last = block[-1]
        last.tail = (last.tail or "").rstrip(" ") or None
        if last.tail or last.tag != "br":
            return
        last.drop_tree()
    block.text = (block.text or "").rstrip(" ") or None


def _blocks(container: HtmlElement, leaf: str = "p", source: HtmlElement | None = None) -> list[HtmlElement]:
    """The blocks that `container` holds; words directly in it become blocks of the `leaf` kind."""
    found: list[HtmlElement] = []
    run: list[str | HtmlElement] = []

    def flush() -> None:
        if run:
            found.extend(_paragraph(leaf, run, source))
            run.clear()

    for piece in _pieces(container):
        if isinstance(piece, str) or not _is_block(piece):
            run.append(piece)
            continue
        flush()
        found.extend(_block(piece))
    flush()
    return found


def _block(element: HtmlElement) -> list[HtmlElement]:
    """The blocks that one block-level element of any writer becomes."""
    tag = _name(element)
    if tag in schema.TEXT_BLOCKS:
        return _blocks(element, leaf=tag, source=element)
    special = _SPECIAL.get(tag)
    return special(element) if special else _blocks(element)


def _list(element: HtmlElement) -> list[HtmlElement]:
    items = _new(_name(element), element)
    for piece in _pieces(element):
        if isinstance(piece, str):
            if piece.strip():
                holder = html.Element("div")
                holder.text = piece
                items.extend(_item(holder))
        elif piece.tag == "li":
            items.extend(_item(piece))
        elif _name(piece) in {"ul", "ol"} and len(items):
            # Old editors put a nested list beside its item instead of inside it.
            items[-1].extend(_list(piece))
        else:
            holder = html.Element("div")
            holder.append(_copy(piece))
            items.extend(_item(holder))
    return [items] if len(items) else []


def _copy(element: HtmlElement) -> HtmlElement:
    copy = html.fragment_fromstring(html.tostring(element, encoding="unicode", with_tail=False))
    return copy if isinstance(copy, HtmlElement) else html.Element("p")


def _item(source: HtmlElement) -> list[HtmlElement]:
    item = _new("li", source)
    _fill_tight(item, source)
    return [] if _is_empty(item) else [item]


def _fill_tight(cell: HtmlElement, source: HtmlElement) -> None:
    """Fill a list item or table cell: its first paragraph loses the p, so that short ones stay short."""
    blocks = _blocks(source)
    if blocks and blocks[0].tag == "p" and all(block.tag in {"ul", "ol"} for block in blocks[1:]):
        first = blocks.pop(0)
        cell.text = first.text
        cell.extend(list(first))
    cell.extend(blocks)


def _quote(element: HtmlElement) -> list[HtmlElement]:
    return _holder("blockquote", element)


def _aside(element: HtmlElement) -> list[HtmlElement]:
    if element.get("data-callout") not in schema.CALLOUTS:
        return _blocks(element)
    return _holder("aside", element)


def _details(element: HtmlElement) -> list[HtmlElement]:
    """A question with its answer; where one of them is missing, the other stays as it is."""
    summary = element.find("summary")
    question = [] if summary is None else _paragraph("summary", list(_pieces(summary)))
    if summary is not None:
        summary.drop_tree()
    answer = _blocks(element)
    if question and answer:
        details = _new("details", element)
        details.extend([*question, *answer])
        return [details]
    for words in question:
        words.tag = "p"
    return [*question, *answer]


def _holder(tag: str, element: HtmlElement) -> list[HtmlElement]:
    holder = _new(tag, element)
    holder.extend(_blocks(element))
    return [holder] if len(holder) else []


def _pre(element: HtmlElement) -> list[HtmlElement]:
    """Code keeps every character; marks inside it go."""
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
    """A figure of the library keeps its pictures, and all its words as caption; of any other, the blocks stay."""
    blocks = _blocks(element)
    figure, caption = _new("figure", element), html.Element("figcaption")
    for block in blocks:
        figure.extend(list(block.iter("img")))
        words = block.find("figcaption") if block.tag == "figure" else block
        if words is not None:
            if len(caption) or caption.text:
                _append_text(caption, " ")
            _inline(caption, list(_pieces(words)))
    if not len(figure):
        return blocks
    if not _is_empty(caption):
        figure.append(caption)
    return [figure]


def _embed(element: HtmlElement) -> list[HtmlElement]:
    if element.get("data-embed") and _is_key(element.get("data-id")):
        return [_new("div", element)]
    return _blocks(element)


def _frame(element: HtmlElement) -> list[HtmlElement]:
    """A frame becomes a link to what it showed."""
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
        return _blocks(element)
    head, body = html.Element("thead"), html.Element("tbody")
    for row in rows:
        is_head = not len(body) and all(cell.tag == "th" for cell in row)
        (head if is_head else body).append(row)
        for cell in row.iter("th"):
            if not cell.get("scope"):
                cell.set("scope", "col" if is_head else "row")
    table = html.Element("table")
    table.extend([part for part in (caption, head, body) if len(part) or part.text])
    return [table]


def _caption(table: HtmlElement) -> HtmlElement:
    """The table's title: its caption, or what the editor keeps as an attribute."""
    caption = html.Element("caption")
    written = table.find("caption")
    if written is None:
        caption.text = table.get("data-caption")
        return caption
    for block in _blocks(written):
        _inline(caption, list(_pieces(block)))
    return caption


def _own_rows(table: HtmlElement) -> Iterator[HtmlElement]:
    return (row for row in table.iter("tr") if next(row.iterancestors("table")) is table)


def _row(old: HtmlElement) -> HtmlElement:
    row = html.Element("tr")
    for old_cell in old:
        if old_cell.tag in {"td", "th"}:
            cell = _new(old_cell.tag, old_cell)
            _fill_tight(cell, old_cell)
            row.append(cell)
    return row


_SPECIAL = {
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
    "iframe": _frame,
    "table": _table,
}


def _number_headings(body: HtmlElement) -> None:
    headings = list(body.iter("h2", "h3", "h4"))
    taken = set(RESERVED_IDS)
    numbers: Counter[str] = Counter()
    for heading in headings:
        given = heading.get("id") or ""
        if _ID.match(given) and given not in taken:
            taken.add(given)
        else:
            heading.attrib.pop("id", None)
    for heading in headings:
        if not heading.get("id"):
            stem = slugify("".join(heading.itertext()), allow_unicode=True)[:60].strip("-") or "part"
            name = stem
            while name in taken:
                # Counted on from the last one, or thousands of equal headings would cost their square.
                numbers[stem] += 1
                name = f"{stem}-{numbers[stem] + 1}"
            taken.add(name)
            heading.set("id", name)
