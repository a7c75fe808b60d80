"""The HTML that stored texts may contain. Everything else in this app follows this schema."""

# A <span> only gives the language or direction of its words.
INLINE = frozenset({"strong", "em", "s", "a", "code", "sup", "sub", "br", "abbr", "span"})
# Blocks that contain text directly. The others contain blocks or rows.
TEXT_BLOCKS = frozenset({"p", "h2", "h3", "h4"})
BLOCKS = TEXT_BLOCKS | {"ul", "ol", "blockquote", "pre", "table", "hr", "figure", "aside", "details", "div"}

CALLOUTS = {
    "note": "Good to know",
    "tip": "Try this",
    "warning": "Take care",
    "red-flags": "Red flags: when to see a professional",
    "what-we-know": "What we know and what we don’t",
}

# Alignments of a figure. Without one it is as wide as the text.
ALIGNMENTS = frozenset({"wide", "left", "right"})

# Tags of other editors that mean the same as an allowed tag.
SYNONYMS = {
    "h1": "h2",
    "h5": "h4",
    "h6": "h4",
    "b": "strong",
    "i": "em",
    "cite": "em",
    "dfn": "em",
    "strike": "s",
    "del": "s",
    "tt": "code",
    "kbd": "code",
    "samp": "code",
    "var": "code",
    "dt": "p",
    "dd": "p",
    "address": "p",
    "summary": "p",
    "listing": "pre",
    "xmp": "pre",
    "dir": "ul",
    "menu": "ul",
}

# Tags of other editors that start a new block, although they are not allowed themselves.
WRAPPERS = frozenset(
    (  # noqa: SIM905 - shorter than a list
        "address article audio body caption center col colgroup dd details dialog div dl dt fieldset figcaption footer"
        " form header hgroup html iframe legend li main nav noscript picture section summary tbody td tfoot th thead"
        " tr video"
    ).split()
)

# Longer than any video, in seconds.
MAX_START = 24 * 3600

ATTRIBUTES: dict[str, set[str]] = {
    "*": {"lang", "dir"},
    "a": {"href", "title", "hreflang"},
    "abbr": {"title"},
    # With "link", the paragraph is one link that looks like a button.
    "p": {"id", "data-button"},
    "h2": {"id"},
    "h3": {"id"},
    "h4": {"id"},
    "ol": {"start", "reversed", "type"},
    "li": {"value", "id"},
    "th": {"scope", "colspan", "rowspan"},
    "td": {"colspan", "rowspan"},
    "figure": {"data-align"},
    "img": {"data-image", "alt"},
    "aside": {"data-callout", "data-title"},
    "div": {"data-embed", "data-id", "data-start"},
    # A citation: the ids of references, such as "12 15". It has no content; rendering numbers it.
    "sup": {"data-cite"},
}
TAGS = INLINE | BLOCKS | {"li", "thead", "tbody", "tfoot", "tr", "th", "td", "caption", "img", "figcaption", "summary"}
URL_SCHEMES = {"http", "https", "mailto", "tel"}
