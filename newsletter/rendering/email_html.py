"""What rendered text still needs before mail programs show it well: sizes, galleries without a grid, narrow tables.

Classes only; `templates/newsletter/email/style.css` says what they look like.
"""

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from lxml import html
from lxml.html import HtmlElement

from images.models import Image
from images.renditions import share_url
from richtext.sanitizer import parse, serialize
from siteinfo.urls import absolute_url

# What 600 pixels of paper leave for words and pictures, and the room between two pictures of a gallery.
MEASURE, GAP = 536, 8
SHARE_SIZE = (1200, 630)
# More columns than these become unreadable on a phone, where no mail can be scrolled sideways.
MOST_COLUMNS = 3


def cover(image: Image | None) -> SafeString:
    """The picture above a post, or beside one in a list; nothing without one."""
    if image is None:
        return SafeString("")
    width, height = SHARE_SIZE if image.has_renditions else (image.width, image.height)
    source = absolute_url(share_url(image))
    return dressed(format_html('<img src="{}" width="{}" height="{}" alt="{}">', source, width, height, image.alt))


def dressed(markup: str) -> SafeString:
    """`markup`, rendered for a mail, with what mail programs lack done for them."""
    root = parse(markup) if markup else html.Element("div")
    for figure in list(root.iter("figure")):
        _lay_figure(figure)
    for image in root.iter("img"):
        _fit(image, MEASURE)
    for table in list(root.iter("table")):
        if table.get("role") != "presentation":
            _lay_table(table)
    for aside in list(root.find_class("callout")):
        _box(aside)
    return mark_safe(serialize(root))  # noqa: S308 - rendered from cleaned text, and escaped here


def _fit(image: HtmlElement, most: int) -> None:
    """Give `image` the size at which it is shown: Outlook heeds these alone. Once made smaller it stays so."""
    width, height = int(image.get("width") or most), int(image.get("height") or 0)
    if width > most:
        image.set("width", str(most))
        image.set("height", str(round(height * most / width)))
    if image.get("class") is None:
        image.set("class", "picture")


def _lay_figure(figure: HtmlElement) -> None:
    images = figure.findall("img")
    figure.tag = "div"
    figure.set("class", "figure")
    for caption in figure.iter("figcaption"):
        caption.tag = "p"
        caption.set("class", "caption")
    if len(images) < 2:
        return
    table = _table("gallery")
    images[0].addprevious(table)
    for start in range(0, len(images), 2):
        row = html.Element("tr")
        table.append(row)
        for image in images[start : start + 2]:
            _fit(image, (MEASURE - GAP) // 2)
            image.tail = None
            cell = html.Element("td", {"width": "50%"})
            cell.append(image)
            row.append(cell)
        if len(row) == 1:
            row[0].set("colspan", "2")


def _box(element: HtmlElement) -> None:
    """Put a call-out into a table of one cell, the only box whose inner distance Outlook keeps."""
    table = _table(element.get("class") or "")
    cell = html.Element("td")
    cell.extend(list(element))
    cell.text = element.text
    row = html.Element("tr")
    row.append(cell)
    table.append(row)
    table.tail, element.tail = element.tail, None
    element.getparent().replace(element, table)


def _table(names: str) -> HtmlElement:
    layout = {"role": "presentation", "width": "100%", "cellpadding": "0", "cellspacing": "0", "border": "0"}
    return html.Element("table", {**layout, "class": names})


def _lay_table(table: HtmlElement) -> None:
    rows = [row for row in table.iter("tr") if len(row)]
    is_simple = len({len(row) for row in rows}) == 1 and not table.xpath(".//@colspan | .//@rowspan")
    if not (is_simple and len(rows) > 1 and len(rows[0]) > MOST_COLUMNS):
        table.set("class", "data")
        return
    # Each row becomes a few lines of its own, told by the words of the first.
    names = [" ".join(cell.text_content().split()) for cell in rows[0]]
    records = html.Element("div", {"class": "records"})
    for caption in table.iterchildren("caption"):
        caption.tag = "p"
        caption.set("class", "caption")
        records.append(caption)
    for row in rows[1:]:
        record = html.Element("div", {"class": "record"})
        for name, cell in zip(names, row, strict=True):
            cell.tag = "p" if not len(cell) or cell[0].tag not in ("p", "ul", "ol", "div") else "div"
            cell.attrib.clear()
            label = html.Element("b")
            label.text = f"{name}: " if name and record.text is None and len(record) else ""
            if label.text:
                label.tail, cell.text = cell.text, None
                cell.insert(0, label)
            else:
                cell.set("class", "record-name")
            record.append(cell)
        records.append(record)
    records.tail, table.tail = table.tail, None
    table.getparent().replace(table, records)
