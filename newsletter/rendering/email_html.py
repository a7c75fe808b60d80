"""Adapt rendered HTML to email clients: image sizes, galleries without CSS grid, narrow tables.

This module sets class names only; `templates/newsletter/email/style.css` defines their appearance.
"""

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from lxml import html
from lxml.html import HtmlElement

from images.models import Image
from images.renditions import og_image_url
from richtext.sanitizer import parse, serialize
from siteinfo.urls import absolute_url

# Pixels: the width of text and images in the 600 pixel column, and the gap between two images of a gallery.
CONTENT_WIDTH, GALLERY_GAP = 536, 8
COVER_SIZE = (1200, 630)
# Wider tables are unreadable on a phone, where emails cannot be scrolled sideways.
MAX_TABLE_COLUMNS = 3


def render_cover(image: Image | None) -> SafeString:
    """Return the `<img>` of a post's featured image; "" if there is none."""
    if image is None:
        return SafeString("")
    width, height = COVER_SIZE if image.has_renditions else (image.width, image.height)
    source = absolute_url(og_image_url(image))
    return adapt_html(format_html('<img src="{}" width="{}" height="{}" alt="{}">', source, width, height, image.alt))


def adapt_html(markup: str) -> SafeString:
    """Return `markup` adapted for email clients. It must already be rendered for email."""
    root = parse(markup) if markup else html.Element("div")
    for figure in list(root.iter("figure")):
        _adapt_figure(figure)
    for image in root.iter("img"):
        _limit_width(image, CONTENT_WIDTH)
    for table in list(root.iter("table")):
        if table.get("role") != "presentation":
            _adapt_table(table)
    for paragraph in list(root.find_class("button-line")):
        _adapt_button(paragraph)
    for callout in list(root.find_class("callout")):
        _adapt_callout(callout)
    return mark_safe(serialize(root))  # noqa: S308 - rendered from sanitized HTML and escaped on output


def _adapt_button(paragraph: HtmlElement) -> None:
    """Put the link into the table that email clients show as a button."""
    table, row, cell = _layout_table("button"), html.Element("tr"), html.Element("td")
    # As wide as its words.
    del table.attrib["width"]
    link = paragraph[0]
    link.attrib.pop("class", None)
    link.tail = None
    table.tail = paragraph.tail
    paragraph.getparent().replace(paragraph, table)
    table.append(row)
    row.append(cell)
    cell.append(link)


def _limit_width(image: HtmlElement, max_width: int) -> None:
    """Set `image`'s width and height attributes, the only sizes Outlook respects. Never enlarges an image."""
    width, height = int(image.get("width") or max_width), int(image.get("height") or 0)
    if width > max_width:
        image.set("width", str(max_width))
        image.set("height", str(round(height * max_width / width)))
    if image.get("class") is None:
        image.set("class", "image")


def _adapt_figure(figure: HtmlElement) -> None:
    images = figure.findall("img")
    figure.tag = "div"
    figure.set("class", "figure")
    for caption in figure.iter("figcaption"):
        caption.tag = "p"
        caption.set("class", "caption")
    if len(images) > 1:
        _build_gallery(images)


def _build_gallery(images: list[HtmlElement]) -> None:
    """Move `images` into a layout table with two columns."""
    table = _layout_table("gallery")
    images[0].addprevious(table)
    for start in range(0, len(images), 2):
        row = html.Element("tr")
        table.append(row)
        for image in images[start : start + 2]:
            _limit_width(image, (CONTENT_WIDTH - GALLERY_GAP) // 2)
            image.tail = None
            cell = html.Element("td", {"width": "50%"})
            cell.append(image)
            row.append(cell)
        if len(row) == 1:
            row[0].set("colspan", "2")


def _adapt_callout(callout: HtmlElement) -> None:
    """Replace `callout` with a one-cell table, because Outlook applies padding to table cells only."""
    table = _layout_table(callout.get("class") or "")
    cell = html.Element("td")
    cell.extend(list(callout))
    cell.text = callout.text
    row = html.Element("tr")
    row.append(cell)
    table.append(row)
    table.tail, callout.tail = callout.tail, None
    callout.getparent().replace(callout, table)


def _layout_table(classes: str) -> HtmlElement:
    attributes = {"role": "presentation", "width": "100%", "cellpadding": "0", "cellspacing": "0", "border": "0"}
    return html.Element("table", {**attributes, "class": classes})


def _adapt_table(table: HtmlElement) -> None:
    rows = [row for row in table.iter("tr") if len(row)]
    is_regular = len({len(row) for row in rows}) == 1 and not table.xpath(".//@colspan | .//@rowspan")
    if is_regular and len(rows) > 1 and len(rows[0]) > MAX_TABLE_COLUMNS:
        _replace_by_records(table, rows)
    else:
        table.set("class", "data")


def _replace_by_records(table: HtmlElement, rows: list[HtmlElement]) -> None:
    """Replace a wide table with one block per row, labeled with the column headings."""
    headings = [" ".join(cell.text_content().split()) for cell in rows[0]]
    records = html.Element("div", {"class": "records"})
    for caption in table.iterchildren("caption"):
        caption.tag = "p"
        caption.set("class", "caption")
        records.append(caption)
    for row in rows[1:]:
        records.append(_build_record(headings, list(row)))
    records.tail, table.tail = table.tail, None
    table.getparent().replace(table, records)


def _build_record(headings: list[str], cells: list[HtmlElement]) -> HtmlElement:
    """Turn the cells of a row into a block. The first cell becomes its title."""
    record = html.Element("div", {"class": "record"})
    for index, (heading, cell) in enumerate(zip(headings, cells, strict=True)):
        has_blocks = len(cell) and cell[0].tag in ("p", "ul", "ol", "div")
        cell.tag = "div" if has_blocks else "p"
        cell.attrib.clear()
        if index and heading:
            label = html.Element("b")
            label.text, label.tail, cell.text = f"{heading}: ", cell.text, None
            cell.insert(0, label)
        else:
            cell.set("class", "record-name")
        record.append(cell)
    return record
