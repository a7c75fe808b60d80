"""Sanitize HTML from anywhere into the schema. Nothing else passes, and no visible text is lost."""

import re
from collections import Counter

import nh3
from lxml import etree, html
from lxml.html import HtmlElement

from plaintext.characters import strip_control_characters
from plaintext.slugs import slugify
from richtext import paste, schema
from richtext.blocks import convert_blocks
from richtext.lists import STYLES
from richtext.math import mark_formulas
from richtext.nesting import limit_nesting
from richtext.spaces import replace_copied_no_break_spaces
from richtext.targets import move_targets

# Parses like a browser (html5ever) and drops dangerous elements with their contents.
_parser_pass = nh3.Cleaner(
    tags=nh3.ALLOWED_TAGS
    | schema.TAGS
    | schema.WRAPPERS
    | set(schema.SYNONYMS)
    | {"iframe", "u", "ins", "font", "big", "mark", "small", "span", "label", "button", "q"},
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
    # paste.py reads style, class and id, which tell what other editors meant. The final pass removes them.
    attributes={
        **schema.ATTRIBUTES,
        "*": schema.ATTRIBUTES["*"] | {"style", "class", "id"},
        "a": schema.ATTRIBUTES["a"] | {"name"},
        "iframe": {"src"},
        "table": {"data-caption"},
    },
    url_schemes=schema.URL_SCHEMES,
    link_rel=None,
    strip_comments=True,
)
# Guarantees the schema, whatever the other steps did.
_final_pass = nh3.Cleaner(
    tags=set(schema.TAGS),
    attributes={
        **schema.ATTRIBUTES,
        "ol": {"start", "reversed"},
        "p": {"id"},
        "th": {"colspan", "rowspan"},
        "aside": {"data-title"},
        "figure": set(),
    },
    url_schemes=schema.URL_SCHEMES,
    link_rel=None,
    strip_comments=True,
    tag_attribute_values={
        "aside": {"data-callout": set(schema.CALLOUTS)},
        "figure": {"data-align": set(schema.ALIGNMENTS)},
        "ol": {"type": set(STYLES.values())},
        "p": {"data-button": {"link"}},
        "th": {"scope": {"col", "row", "colgroup", "rowgroup"}},
    },
)
_ELEMENT_CLASSES = etree.ElementDefaultClassLookup(element=HtmlElement, comment=html.HtmlComment)
MAX_DEPTH = 60
# IDs that the page around a text uses. A heading with one of them would break skip links.
RESERVED_IDS = frozenset(
    {"about", "archives", "author", "categories", "comments", "comments-title", "connect", "contents", "elsewhere"}
    | {"expertise", "footer", "latest", "write-comment"}
    | {"main", "meet", "navigation", "posts", "qualifications", "related", "share", "sidebar", "start", "start-title"}
    | {"tldr"}
)
_ID = re.compile(r"[\w.-]+\Z")


def sanitize(markup: str) -> str:
    """Return `markup` converted to the schema. Sanitizing twice changes nothing more.

    Never fails: broken markup is repaired as in a browser. Headings get an id that stays the same when other headings
    change. Images from outside the library, scripts, styles and iframes are left out.
    """
    if not markup.strip():
        return ""
    root = parse(strip_control_characters(_parser_pass.clean(limit_nesting(mark_formulas(markup)))))
    _limit_depth(root)
    paste.normalize(root)
    move_targets(root)
    body = _new_parser().makeelement("div")
    body.extend(convert_blocks(root))
    replace_copied_no_break_spaces(body)
    _assign_heading_ids(body)
    return _final_pass.clean(serialize(body)).strip()


def parse(markup: str) -> HtmlElement:
    """Return `markup` as a tree below one div."""
    parser = _new_parser()
    root: HtmlElement = parser.makeelement("div")
    fragments = html.fragments_fromstring(markup, parser=parser)
    if fragments and isinstance(fragments[0], str):
        root.text = fragments.pop(0)
    root.extend(fragments)
    return root


def _new_parser() -> html.HTMLParser:
    parser = html.HTMLParser(huge_tree=True)
    # lxml.html has classes for forms, which no text contains, and calls Python for every element to choose one.
    parser.set_element_class_lookup(_ELEMENT_CLASSES)
    return parser


def serialize(root: HtmlElement) -> str:
    """Return the HTML below `root`, one block a line."""
    blocks = "\n".join(etree.tostring(child, method="html", encoding="unicode", with_tail=False) for child in root)
    # libxml2 follows HTML 4, which does not know <source> as an empty element.
    return blocks.replace("</source>", "")


def _limit_depth(root: HtmlElement) -> None:
    """Leave only the text of elements below MAX_DEPTH. Only attacks and accidents nest that deep."""
    depth, deepest = 0, []
    for event, element in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if event == "start" and depth == MAX_DEPTH and len(element):
            deepest.append(element)
    for element in deepest:
        element.text = " ".join(element.itertext())
        del element[:]


def _assign_heading_ids(body: HtmlElement) -> None:
    """Keep valid and unique ids, and create missing ones of headings from their text."""
    headings = list(body.iter("h2", "h3", "h4"))
    taken = set(RESERVED_IDS)
    numbers: Counter[str] = Counter()
    for heading in body.iter("h2", "h3", "h4", "p", "li"):
        given = heading.get("id") or ""
        if given and _ID.match(given) and given not in taken:
            taken.add(given)
        elif given:
            heading.attrib.pop("id", None)
    for heading in headings:
        if not heading.get("id"):
            stem = slugify(_text_of(heading), 60) or "part"
            name = stem
            while name in taken:
                # Continue from the last number, so that thousands of equal headings take linear time.
                numbers[stem] += 1
                name = f"{stem}-{numbers[stem] + 1}"
            taken.add(name)
            heading.set("id", name)


def _text_of(heading: HtmlElement) -> str:
    """Return the text, with a space for each line break."""
    if not len(heading):
        return heading.text or ""
    pieces = []
    for event, element in etree.iterwalk(heading, events=("start", "end")):
        if event == "start":
            pieces.append(" " if element.tag == "br" else element.text or "")
        elif element is not heading:
            pieces.append(element.tail or "")
    return "".join(pieces)
